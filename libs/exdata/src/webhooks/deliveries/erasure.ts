import type { EntityManager } from 'typeorm';
import { In } from 'typeorm';
import type { Clock, ExdataTransactions } from '../../dispatch/index.js';
import { ExdataDocument, ExdataHandlerRun, isSettled } from '../../documents/index.js';
import { ExdataDelivery } from '../delivery.entity.js';
import { eraseRunsOf, putAway } from './erased-runs.js';
import { ExdataDeliveryStateError } from './errors.js';

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
  | { readonly account: string; readonly exdataId: string }
  | { readonly account: string; readonly sourceType: string; readonly sourceId: string };

/** Erases what is kept of a document's content, and leaves what keeps it from being worked on twice: ids, digests, outcomes. */
export class Erasure {
  constructor(
    private readonly transactions: ExdataTransactions,
    private readonly clock: Clock,
  ) {}

  /** @throws {ExdataDeliveryStateError} `still_open` while the document is worked on here or at exdata */
  erase(target: ErasureTarget): Promise<ExdataErasure> {
    return this.transactions.run(async (manager) => {
      const rows = await manager.findBy(ExdataDocument, target);
      const open = rows.find(({ state }) => !isSettled(state));
      if (open)
        throw new ExdataDeliveryStateError(
          'still_open',
          `the document is still '${open.state}'; what exdata shows of it would be stored again`,
        );
      for (const { id } of rows) await this.#eraseRow(manager, id);
      const named = 'exdataId' in target ? [target.exdataId] : [];
      const exdataIds = [...new Set([...named, ...rows.flatMap(({ exdataId }) => (exdataId === null ? [] : [exdataId]))])];
      const deliveries = await this.#eraseDeliveries(manager, target.account, exdataIds);
      const ofDocument = await this.#eraseRuns(
        manager,
        rows.map(({ id }) => id),
      );
      const ofDeliveries = await eraseRunsOf(manager, deliveries, this.clock.now());
      return { documents: rows.length, deliveries: deliveries.length, handlerRuns: ofDocument + ofDeliveries };
    });
  }

  async #eraseRow(manager: EntityManager, id: string): Promise<void> {
    const row = await this.transactions.lockRow(manager, ExdataDocument, { id });
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
    await manager.update(ExdataDocument, { id }, { ...gone, problem, reason: null, erasedAt: now, updatedAt: now, work: putAway });
  }

  /** Resolves to their ids. */
  async #eraseDeliveries(manager: EntityManager, account: string, exdataIds: readonly string[]): Promise<string[]> {
    if (exdataIds.length === 0) return [];
    const where = { account, exdataId: In(exdataIds) };
    await manager.update(ExdataDelivery, where, {
      body: Buffer.alloc(0),
      bodyDropped: true,
      work: { lastError: null },
    });
    await manager.update(
      ExdataDelivery,
      { ...where, outcome: 'open' },
      { outcome: 'discarded', note: 'erased', endedAt: this.clock.now(), work: putAway },
    );
    const erased = await manager.find(ExdataDelivery, { select: { id: true }, where: { ...where, bodyDropped: true } });
    return erased.map(({ id }) => id);
  }

  async #eraseRuns(manager: EntityManager, documentRowIds: readonly string[]): Promise<number> {
    if (documentRowIds.length === 0) return 0;
    const where = { documentRowId: In(documentRowIds) };
    const { affected } = await manager.update(ExdataHandlerRun, where, { observed: {}, work: { lastError: null } });
    const unfinished = { ...where, outcome: In(['open', 'dead'] satisfies ExdataHandlerRun['outcome'][]) };
    await manager.update(ExdataHandlerRun, unfinished, { outcome: 'discarded', endedAt: this.clock.now(), work: putAway });
    return affected ?? 0;
  }
}
