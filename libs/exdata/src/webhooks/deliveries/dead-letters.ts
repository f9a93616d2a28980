import type { DataSource, EntityManager, SelectQueryBuilder } from 'typeorm';
import type { Clock, ExdataTransactions, JobRef } from '../../dispatch/index.js';
import { ExdataDocument, ExdataHandlerRun, handlerJobName } from '../../documents/index.js';
import type { DocumentHistory } from '../../documents/index.js';
import { deliveryJobName } from '../delivery-job-name.js';
import { ExdataDelivery } from '../delivery.entity.js';
import { ExdataDeliveryRun } from './delivery-run.entity.js';
import { deliveryRunJobName } from './delivery-runs.js';
import { ExdataDeliveryNotFoundError, ExdataDeliveryStateError } from './errors.js';

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
const batch = 100;

/** Puts what was given up to work again, or away. */
export class DeadLetters {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: ExdataTransactions,
    private readonly history: DocumentHistory,
    private readonly clock: Clock,
  ) {}

  /** The dead that the filter means, by the job that works on them, the longest dead first. */
  async find(filter: DeadLetterFilter): Promise<JobRef[]> {
    const found = await Promise.all(
      kinds.map(async ({ entity, job }) => {
        const query = this.dataSource.manager
          .createQueryBuilder<Row>(entity, 'letter')
          .select(['letter.id'])
          .where('letter.outcome = :dead', { dead: 'dead' });
        if (filter.reason !== undefined) query.andWhere('letter.reason = :reason', filter);
        if (filter.since !== undefined) query.andWhere('letter.endedAt >= :since', filter);
        if (filter.account !== undefined) ofAccount(query, entity, filter.account);
        const rows = await query.orderBy('letter.endedAt', 'ASC').addOrderBy('letter.id', 'ASC').take(filter.limit).getMany();
        return rows.map(({ id }) => ({ job, id }));
      }),
    );
    return found.flat();
  }

  /** Puts them to work again, those that are still dead; resolves to what is to be dispatched. */
  async revive(letters: readonly JobRef[]): Promise<JobRef[]> {
    const revived: JobRef[] = [];
    for (let at = 0; at < letters.length; at += batch) {
      const some = letters.slice(at, at + batch);
      revived.push(...(await this.transactions.run(async (manager) => this.#reviveAll(manager, some))));
    }
    return revived;
  }

  /**
   * Puts one to work again, whatever became of it; a delivery together with the dead runs of handlers that it led to. One that is open goes on as it does.
   * @throws {ExdataDeliveryNotFoundError} when there is none
   * @throws {ExdataDeliveryStateError} `body_gone` when the delivery can be told neither its document nor its body any more
   */
  replay(id: string): Promise<JobRef[]> {
    return this.transactions.run(async (manager) => {
      const { row, job } = await this.#need(manager, id);
      if (!(row instanceof ExdataDelivery)) {
        if (row.outcome === 'done' || row.outcome === 'superseded')
          throw new ExdataDeliveryStateError(
            'not_open',
            `the run ${id} of the handler ${row.handler} is '${row.outcome}': its effect is not repeated`,
          );
        return this.#revive(manager, { job, id }, row.outcome);
      }
      if (row.exdataId === null && row.body.length === 0)
        throw new ExdataDeliveryStateError(
          'body_gone',
          `the delivery ${id} cannot be replayed: its body is not kept any more, and it is not known which document it names`,
        );
      const runs = await deadRunsOf(manager, row);
      return [...(await this.#revive(manager, { job, id }, row.outcome)), ...(await this.#reviveAll(manager, runs))];
    });
  }

  /**
   * Puts one away that is open or dead.
   * @throws {ExdataDeliveryNotFoundError} when there is none
   * @throws {ExdataDeliveryStateError} `not_open` when it has come to a good end
   */
  discard(id: string, why: string): Promise<void> {
    return this.transactions.run(async (manager) => {
      const { row, job } = await this.#need(manager, id);
      if (row.outcome === 'discarded') return;
      if (row.outcome !== 'open' && row.outcome !== 'dead')
        throw new ExdataDeliveryStateError('not_open', `${id} cannot be discarded: it is '${row.outcome}' already`);
      const endedAt = this.clock.now();
      // The fence is raised: a worker that is at it now writes nothing any more.
      const work = { dueAt: null, leaseUntil: null, fence: () => 'fence + 1', finishes: () => 'starts', lastError: why };
      await manager.update<Row>(entityOf(job), { id }, { outcome: 'discarded', endedAt, work });
      if (row instanceof ExdataDelivery) await manager.update(ExdataDelivery, { id }, { note: why });
      if (row instanceof ExdataHandlerRun)
        await this.history.record(manager, { id: row.documentRowId }, 'handler.discarded', { detail: row.handler });
    });
  }

  async #reviveAll(manager: EntityManager, letters: readonly JobRef[]): Promise<JobRef[]> {
    const revived: JobRef[] = [];
    for (const letter of letters) revived.push(...(await this.#revive(manager, letter, 'dead')));
    return revived;
  }

  async #revive(manager: EntityManager, { job, id }: JobRef, from: Row['outcome']): Promise<JobRef[]> {
    if (from === 'open') return [{ job, id }];
    const now = this.clock.now();
    const work = { dueAt: now, leaseUntil: null, failures: 0, fence: () => 'fence + 1', finishes: () => 'starts' };
    const { affected } = await manager.update<Row>(
      entityOf(job),
      { id, outcome: from },
      { outcome: 'open', reason: null, endedAt: null, reopenedAt: now, work },
    );
    return affected === 1 ? [{ job, id }] : [];
  }

  async #need(manager: EntityManager, id: string): Promise<{ row: Row; job: string }> {
    for (const { entity, job } of kinds) {
      const row = await this.transactions.lockRow<Row>(manager, entity, { id });
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
  const documents = query.subQuery().select('document.id').from(ExdataDocument, 'document').where('document.account = :account');
  query.andWhere(`letter.documentRowId in ${documents.getQuery()}`).setParameter('account', account);
}

async function deadRunsOf(manager: EntityManager, { id, documentRowId }: ExdataDelivery): Promise<JobRef[]> {
  const outcome = 'dead' as const;
  const raw = await manager.find(ExdataDeliveryRun, { select: { id: true }, where: { deliveryRowId: id, outcome } });
  const runs =
    documentRowId === null ? [] : await manager.find(ExdataHandlerRun, { select: { id: true }, where: { documentRowId, outcome } });
  return [...raw.map((run) => ({ job: deliveryRunJobName, id: run.id })), ...runs.map((run) => ({ job: handlerJobName, id: run.id }))];
}
