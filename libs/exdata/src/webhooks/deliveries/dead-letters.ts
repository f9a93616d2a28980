import { Injectable } from '@nestjs/common';
import type { DataSource, EntityManager, SelectQueryBuilder } from 'typeorm';
import type { ExdataMode, ExdataJobRef, Write } from '../../dispatch/index.js';
import { EXDATA_DATA_SOURCE, EXDATA_MODE, putAway, Writes } from '../../dispatch/index.js';
import { DocumentHistory, ExdataLink, ExdataHandlerRun, handlerJobName } from '../../documents/index.js';
import { deliveryJobName } from '../delivery-job-name.js';
import { ExdataDelivery } from '../delivery.entity.js';
import { ExdataDeliveryRun } from './delivery-run.entity.js';
import { deliveryRunJobName } from './delivery-runs.js';
import { ExdataDeliveryNotFoundError, ExdataDeliveryStateError } from './errors.js';
import { Inject } from '../../injection/index.js';

/** What may be dead, and the job that works on it. */
const kinds = [
  { entity: ExdataDelivery, job: deliveryJobName },
  { entity: ExdataHandlerRun, job: handlerJobName },
  { entity: ExdataDeliveryRun, job: deliveryRunJobName },
] as const;
type Row = InstanceType<(typeof kinds)[number]['entity']>;

export interface DeadLetterFilter {
  readonly account?: string | undefined;
  readonly reason?: string | undefined;
  readonly since?: number | undefined;
  readonly limit: number;
}

/** Rows put to work again in one transaction: few enough to hold no one up. */
const batch = 25;

/** Puts what was given up to work again, or away; in the mode of this process. */
@Injectable()
export class DeadLetters {
  constructor(
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(DocumentHistory) private readonly history: DocumentHistory,
    @Inject(EXDATA_MODE) private readonly mode: ExdataMode,
  ) {}

  /** The dead that the filter means, by the job that works on them, the longest dead first. */
  async find(filter: DeadLetterFilter): Promise<ExdataJobRef[]> {
    const found = await Promise.all(
      kinds.map(async ({ entity, job }) => {
        const query = this.dataSource.manager
          .createQueryBuilder<Row>(entity, 'letter')
          .select(['letter.id'])
          .where('letter.mode = :mode and letter.outcome = :dead', { mode: this.mode, dead: 'dead' });
        if (filter.reason !== undefined) query.andWhere('letter.reason = :reason', filter);
        if (filter.since !== undefined) query.andWhere('letter.endedAt >= :since', filter);
        if (filter.account !== undefined) ofAccount(query, entity, filter.account);
        const rows = await query
          .orderBy('letter.endedAt', 'ASC')
          .addOrderBy('letter.id', 'ASC')
          .take(filter.limit)
          .getMany();
        return rows.map(({ id }) => ({ job, id }));
      }),
    );
    return found.flat();
  }

  /** Puts them to work again; resolves to those that were still dead. */
  async revive(letters: readonly ExdataJobRef[]): Promise<ExdataJobRef[]> {
    const revived: ExdataJobRef[] = [];
    for (let at = 0; at < letters.length; at += batch) {
      const some = letters.slice(at, at + batch);
      revived.push(...(await this.writes.run((write) => this.#reviveAll(write, some))));
    }
    return revived;
  }

  /**
   * Puts one to work again, whatever became of it; a delivery together with the dead runs of handlers that it led to.
   * One that is open goes on as it does.
   * @throws {ExdataDeliveryNotFoundError} when there is none
   * @throws {ExdataDeliveryStateError} `body_gone` when the delivery can be told neither its document nor its body any
   * more
   */
  replay(id: string): Promise<void> {
    return this.writes.run(async (write) => {
      const { row, job } = await this.#need(write, id);
      if (!(row instanceof ExdataDelivery)) {
        if (row.outcome === 'done' || row.outcome === 'superseded')
          throw new ExdataDeliveryStateError(
            'not_open',
            `the run ${id} of the handler ${row.handler} is '${row.outcome}': its effect is not repeated`,
          );
        await this.#revive(write, { job, id }, row.outcome);
        return;
      }
      if (row.exdataId === null && row.bodyDropped)
        throw new ExdataDeliveryStateError(
          'body_gone',
          `the delivery ${id} cannot be replayed: its body is not kept any more, and it is not known which document it names`,
        );
      const runs = await deadRunsOf(write.manager, row);
      await this.#revive(write, { job, id }, row.outcome);
      await this.#reviveAll(write, runs);
    });
  }

  /**
   * Puts one away that is open or dead.
   * @throws {ExdataDeliveryNotFoundError} when there is none
   * @throws {ExdataDeliveryStateError} `not_open` when it has come to a good end
   */
  discard(id: string, why: string): Promise<void> {
    return this.writes.run(async (write) => {
      const { row, job } = await this.#need(write, id);
      const { manager, now: endedAt } = write;
      if (row.outcome === 'discarded') return;
      if (row.outcome !== 'open' && row.outcome !== 'dead')
        throw new ExdataDeliveryStateError('not_open', `${id} cannot be discarded: it is '${row.outcome}' already`);
      const work = { ...putAway, lastError: why };
      await manager.update<Row>(entityOf(job), { id }, { outcome: 'discarded', endedAt, work });
      if (row instanceof ExdataDelivery) await manager.update(ExdataDelivery, { id }, { note: why });
      if (row instanceof ExdataHandlerRun)
        await this.history.record(write, { id: row.linkId }, 'handler.discarded', { detail: row.handler });
    });
  }

  async #reviveAll(write: Write, letters: readonly ExdataJobRef[]): Promise<ExdataJobRef[]> {
    const revived: ExdataJobRef[] = [];
    for (const letter of letters) if (await this.#revive(write, letter, 'dead')) revived.push(letter);
    return revived;
  }

  /** Resolves to whether it is at work now. */
  async #revive(write: Write, { job, id }: ExdataJobRef, from: Row['outcome']): Promise<boolean> {
    const isRevived = from === 'open' || (await this.#reopen(write, { job, id }, from));
    if (isRevived) write.wakes({ job, id });
    return isRevived;
  }

  async #reopen({ manager, now }: Write, { job, id }: ExdataJobRef, from: Row['outcome']): Promise<boolean> {
    const work = { dueAt: now, leaseUntil: null, failures: 0, fence: () => 'fence + 1', finishes: () => 'starts' };
    const { affected } = await manager.update<Row>(
      entityOf(job),
      { id, outcome: from },
      { outcome: 'open', reason: null, endedAt: null, reopenedAt: now, work },
    );
    return affected === 1;
  }

  async #need(write: Write, id: string): Promise<{ row: Row; job: string }> {
    for (const { entity, job } of kinds) {
      const row = await write.lockRow<Row>(entity, { id, mode: this.mode });
      if (row) return { row, job };
    }
    throw new ExdataDeliveryNotFoundError(id);
  }
}

function entityOf(job: string): new () => Row {
  const kind = kinds.find((one) => one.job === job);
  if (!kind) throw new Error(`no dead letters belong to the job ${job}`);
  return kind.entity;
}

function ofAccount(query: SelectQueryBuilder<Row>, entity: (typeof kinds)[number]['entity'], account: string): void {
  if (entity !== ExdataHandlerRun) {
    query.andWhere('letter.account = :account', { account });
    return;
  }
  const documents = query
    .subQuery()
    .select('document.id')
    .from(ExdataLink, 'document')
    .where('document.account = :account');
  query.andWhere(`letter.linkId in ${documents.getQuery()}`).setParameter('account', account);
}

async function deadRunsOf(manager: EntityManager, { id, linkId }: ExdataDelivery): Promise<ExdataJobRef[]> {
  const outcome = 'dead' as const;
  const raw = await manager.find(ExdataDeliveryRun, { select: { id: true }, where: { deliveryRowId: id, outcome } });
  const runs =
    linkId === null ? [] : await manager.find(ExdataHandlerRun, { select: { id: true }, where: { linkId, outcome } });
  return [
    ...raw.map((run) => ({ job: deliveryRunJobName, id: run.id })),
    ...runs.map((run) => ({ job: handlerJobName, id: run.id })),
  ];
}
