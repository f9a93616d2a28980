import { Injectable } from '@nestjs/common';
import type { EntityManager, FindOptionsWhere } from 'typeorm';
import { In, MoreThan } from 'typeorm';
import type { ExdataClock } from '../../dispatch/index.js';
import { EXDATA_CLOCK, ExdataTransactions, putAway } from '../../dispatch/index.js';
import { ExdataLink, ExdataHandlerRun, isSettled, keyOf } from '../../documents/index.js';
import type { AccountKey } from '../../documents/index.js';
import { ExdataDelivery } from '../delivery.entity.js';
import { eraseRunsOf } from './erased-runs.js';
import { ExdataDeliveryStateError } from './errors.js';
import { Inject } from '../../injection/index.js';

/** How much was erased. */
export interface ExdataErasure {
  /** Rows of the document, one for each generation. */
  readonly documents: number;
  readonly deliveries: number;
  /** Of handlers of documents and of deliveries. */
  readonly handlerRuns: number;
}

/** Whose content goes: exdata's document of an account, or all generations of a source. */
export type ErasureTarget =
  | (AccountKey & { readonly exdataId: string })
  | (AccountKey & { readonly sourceType: string; readonly sourceId: string });

/** Deliveries of one transaction: a body may be large. */
const page = 100;

/**
 * Erases what is kept of a document's content, and leaves what keeps it from being worked on twice: ids, digests,
 * outcomes.
 */
@Injectable()
export class Erasure {
  constructor(
    @Inject(ExdataTransactions) private readonly transactions: ExdataTransactions,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
  ) {}

  /**
   * The document first, then its deliveries page by page: what comes meanwhile is erased by the work on it. Broken off,
   * it is to be begun anew.
   * @throws {ExdataDeliveryStateError} `still_open` while the document is worked on here or at exdata
   */
  async erase(target: ErasureTarget): Promise<ExdataErasure> {
    const { rows, runs } = await this.transactions.run((manager) => this.#eraseDocuments(manager, target));
    const named = 'exdataId' in target ? [target.exdataId] : [];
    const exdataIds = [
      ...new Set([...named, ...rows.flatMap(({ exdataId }) => (exdataId === null ? [] : [exdataId]))]),
    ];
    const erased = { documents: rows.length, deliveries: 0, handlerRuns: runs };
    if (exdataIds.length === 0) return erased;
    const where = { ...keyOf(target), exdataId: In(exdataIds) };
    for (let after = ''; ;) {
      const ids = await this.#deliveriesAfter(after, where);
      if (ids.length === 0) return erased;
      erased.handlerRuns += await this.transactions.run((manager) => this.#eraseDeliveries(manager, ids));
      erased.deliveries += ids.length;
      after = ids.at(-1) ?? after;
    }
  }

  async #eraseDocuments(manager: EntityManager, target: ErasureTarget): Promise<{ rows: ExdataLink[]; runs: number }> {
    const rows = await manager.findBy(ExdataLink, target);
    const open = rows.find(({ state }) => !isSettled(state));
    if (open)
      throw new ExdataDeliveryStateError(
        'still_open',
        `the document is still '${open.state}'; what exdata shows of it would be stored again`,
      );
    for (const { id } of rows) await this.#eraseRow(manager, id);
    const ids = rows.map(({ id }) => id);
    return { rows, runs: await this.#eraseRuns(manager, ids) };
  }

  async #eraseRow(manager: EntityManager, id: string): Promise<void> {
    const row = await this.transactions.lockRow(manager, ExdataLink, { id });
    if (!row) return;
    const now = this.clock.now();
    const problem = row.problem && { ...row.problem, message: 'erased', fields: null };
    const gone = {
      filename: '',
      text: null,
      reference: null,
      observed: null,
      processingStage: null,
      processingError: null,
      blockedReason: null,
    };
    await manager.update(
      ExdataLink,
      { id },
      { ...gone, problem, reason: null, erasedAt: now, updatedAt: now, work: putAway },
    );
  }

  async #deliveriesAfter(after: string, where: FindOptionsWhere<ExdataDelivery>): Promise<string[]> {
    const rows = await this.transactions.once((manager) =>
      manager.find(ExdataDelivery, {
        select: { id: true },
        where: { ...where, id: MoreThan(after) },
        order: { id: 'ASC' },
        take: page,
      }),
    );
    return rows.map(({ id }) => id);
  }

  /** Resolves to how many runs of handlers there were for them. */
  async #eraseDeliveries(manager: EntityManager, ids: readonly string[]): Promise<number> {
    const id = In([...ids]);
    const now = this.clock.now();
    await manager.update(
      ExdataDelivery,
      { id },
      { body: Buffer.alloc(0), bodyDropped: true, work: { lastError: null } },
    );
    await manager.update(
      ExdataDelivery,
      { id, outcome: 'open' },
      { outcome: 'discarded', note: 'erased', endedAt: now, work: putAway },
    );
    return eraseRunsOf(manager, ids, now);
  }

  async #eraseRuns(manager: EntityManager, linkIds: readonly string[]): Promise<number> {
    if (linkIds.length === 0) return 0;
    const where = { linkId: In(linkIds) };
    const { affected } = await manager.update(ExdataHandlerRun, where, { observed: {}, work: { lastError: null } });
    const unfinished = { ...where, outcome: In(['open', 'dead'] satisfies ExdataHandlerRun['outcome'][]) };
    await manager.update(ExdataHandlerRun, unfinished, {
      outcome: 'discarded',
      endedAt: this.clock.now(),
      work: putAway,
    });
    return affected ?? 0;
  }
}
