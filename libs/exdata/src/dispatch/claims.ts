import { And, Equal, IsNull, LessThanOrEqual, MoreThan } from 'typeorm';
import type { DataSource, EntityManager, FindOptionsWhere } from 'typeorm';
import type { Job, JobRef, Settlement } from './job.js';
import { FenceLostError } from './job.js';
import type { WorkReport } from './report.js';
import { nothing } from './report.js';
import type { ExdataTransactions } from './transactions.js';
import type { Work, WorkRow } from './work.columns.js';

/** A row that is due, and where it stands in the order of those that are. */
export interface DueRow {
  readonly id: string;
  readonly dueAt: number;
}

/** The row, taken; or why it could not be. */
export type Taking = { readonly row: WorkRow } | { readonly row?: never; readonly report: WorkReport };

/** Reads and writes the work columns: who may work on a row, and how that ended. */
export class Claims {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: ExdataTransactions,
  ) {}

  /** Rows of the job that are due and held by nobody, the longest due first; those after `after`, where it is given. */
  async due(job: Job<WorkRow>, now: number, limit: number, after?: DueRow): Promise<DueRow[]> {
    const places: FindOptionsWhere<WorkRow>[] = after
      ? [
          { work: { dueAt: And(MoreThan(after.dueAt), LessThanOrEqual(now)) } },
          { id: MoreThan(after.id), work: { dueAt: Equal(after.dueAt) } },
        ]
      : [{ work: { dueAt: LessThanOrEqual(now) } }];
    const rows = await this.dataSource.manager.find(job.entity, {
      select: { id: true, work: { dueAt: true } },
      where: [IsNull(), LessThanOrEqual(now)].flatMap((leaseUntil) =>
        places.map(({ work, ...place }) => ({ ...job.where, ...place, work: { ...(work as object), leaseUntil } })),
      ),
      order: { work: { dueAt: 'ASC' }, id: 'ASC' },
      take: limit,
    });
    return rows.map(({ id, work }) => ({ id, dueAt: work.dueAt ?? now }));
  }

  /** Takes the row until `leaseUntil` (epoch ms) if it is due and free. */
  async take(job: Job<WorkRow>, id: string, now: number, leaseUntil: number): Promise<Taking> {
    const row = await this.dataSource.manager.findOne(job.entity, { where: { ...job.where, id } });
    if (!row) return { report: nothing };
    const { dueAt, fence, leaseUntil: heldUntil, starts } = row.work;
    if (dueAt === null) return { report: { outcome: 'parked', dueAt } };
    if (dueAt > now) return { report: { outcome: 'waiting', dueAt } };
    if (heldUntil !== null && heldUntil > now) return { report: { outcome: 'waiting', dueAt: heldUntil } };
    const taken = { fence: fence + 1, starts: starts + 1, leaseUntil };
    const won = await this.transactions.run((manager) => this.#write(manager, job, id, fence, taken));
    if (!won) return { report: { outcome: 'waiting', dueAt: leaseUntil } };
    return { row: Object.assign(row, { work: Object.assign(row.work, taken) }) };
  }

  /** Prolongs the hold; false when it is lost. */
  renew(job: Job<WorkRow>, id: string, fence: number, leaseUntil: number): Promise<boolean> {
    return this.transactions.run((manager) => this.#write(manager, job, id, fence, { leaseUntil }));
  }

  /** Ends the hold in the given transaction. */
  async settle(manager: EntityManager, job: Job<WorkRow>, row: WorkRow, settlement: Settlement): Promise<void> {
    const { failures, fence } = row.work;
    const { kind } = settlement;
    const outcome = {
      // Raised here too, so that a claim decided on what was read before this write fails.
      fence: fence + 1,
      leaseUntil: null,
      dueAt: settlement.dueAt,
      // A row that was worked off does not kill its workers: the deaths before it had another cause.
      finishes: kind === 'done' ? () => 'starts' : () => 'finishes + 1',
      failures: kind === 'done' ? 0 : kind === 'failed' ? failures + 1 : failures,
      // A handler's error may hold NUL, which PostgreSQL keeps in no text.
      lastError: kind === 'done' ? null : settlement.error.replaceAll('\0', ''),
    };
    const ref: JobRef = { job: job.name, id: row.id };
    if (!(await this.#write(manager, job, row.id, fence, outcome))) throw new FenceLostError(ref, fence);
  }

  /**
   * Counts the finish of a worker that lives, but lost the row: its start was no death. The one write without a fence,
   * since the fence is lost; it touches a count that only ever adds up.
   */
  async countFinish(job: Job<WorkRow>, id: string): Promise<void> {
    const finishes = (): string => 'case when finishes < starts then finishes + 1 else finishes end';
    await this.transactions.run((manager) => manager.update(job.entity, { id }, { work: { finishes } }));
  }

  async #write(manager: EntityManager, job: Job<WorkRow>, id: string, fence: number, work: WorkColumns): Promise<boolean> {
    const result = await manager
      .createQueryBuilder()
      .update(job.entity)
      .set({ work })
      .where({ id, work: { fence } } satisfies FindOptionsWhere<WorkRow>)
      .execute();
    return result.affected === 1;
  }
}

/** Values, or SQL that gives them. */
type WorkColumns = { [Column in keyof Work]?: Work[Column] | (() => string) };
