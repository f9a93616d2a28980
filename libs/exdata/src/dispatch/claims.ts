import { IsNull, LessThanOrEqual } from 'typeorm';
import type { DataSource, EntityManager, FindOptionsWhere } from 'typeorm';
import type { Job, JobRef, Settlement } from './job.js';
import { FenceLostError } from './job.js';
import type { ExdataTransactions } from './transactions.js';
import type { Work, WorkRow } from './work.columns.js';

/** Reads and writes the work columns: who may work on a row, and how that ended. */
export class Claims {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: ExdataTransactions,
  ) {}

  /** Ids of rows of the job that are due and held by nobody, the longest due first. */
  async due(job: Job<WorkRow>, now: number, limit: number): Promise<string[]> {
    const rows = await this.dataSource.manager.find(job.entity, {
      select: { id: true },
      where: [IsNull(), LessThanOrEqual(now)].map((leaseUntil) => ({ ...job.where, work: { dueAt: LessThanOrEqual(now), leaseUntil } })),
      order: { work: { dueAt: 'ASC' } },
      take: limit,
    });
    return rows.map((row) => row.id);
  }

  /** Takes the row until `leaseUntil` (epoch ms) if it is due and free; null when another worker was first or nothing is due. */
  async take(job: Job<WorkRow>, id: string, now: number, leaseUntil: number): Promise<WorkRow | null> {
    const row = await this.dataSource.manager.findOne(job.entity, { where: { ...job.where, id } });
    if (row?.work.dueAt == null || row.work.dueAt > now || (row.work.leaseUntil ?? 0) > now) return null;
    const { fence, starts } = row.work;
    const taken = { fence: fence + 1, starts: starts + 1, leaseUntil };
    const won = await this.transactions.run((manager) => this.#write(manager, job, id, fence, taken));
    return won ? Object.assign(row, { work: Object.assign(row.work, taken) }) : null;
  }

  /** Prolongs the hold; false when it is lost. */
  renew(job: Job<WorkRow>, id: string, fence: number, leaseUntil: number): Promise<boolean> {
    return this.transactions.run((manager) => this.#write(manager, job, id, fence, { leaseUntil }));
  }

  /** Ends the hold in the given transaction. */
  async settle(manager: EntityManager, job: Job<WorkRow>, row: WorkRow, settlement: Settlement): Promise<void> {
    const { finishes, failures, fence } = row.work;
    const outcome = {
      // Raised here too, so that a claim decided on what was read before this write fails.
      fence: fence + 1,
      leaseUntil: null,
      dueAt: settlement.dueAt,
      finishes: finishes + 1,
      failures: settlement.kind === 'done' ? 0 : settlement.kind === 'failed' ? failures + 1 : failures,
      lastError: settlement.kind === 'done' ? null : settlement.error,
    };
    const ref: JobRef = { job: job.name, id: row.id };
    if (!(await this.#write(manager, job, row.id, fence, outcome))) throw new FenceLostError(ref, fence);
  }

  async #write(manager: EntityManager, job: Job<WorkRow>, id: string, fence: number, work: Partial<Work>): Promise<boolean> {
    const result = await manager
      .createQueryBuilder()
      .update(job.entity)
      .set({ work })
      .where({ id, work: { fence } } satisfies FindOptionsWhere<WorkRow>)
      .execute();
    return result.affected === 1;
  }
}
