import { Injectable } from '@nestjs/common';
import { In, MoreThan } from 'typeorm';
import type { DataSource, EntityManager, FindOptionsWhere } from 'typeorm';
import { AccountsLeft } from './accounts-left.js';
import type { Job, ExdataJobRef, Settlement } from './job.js';
import { FenceLostError } from './job.js';
import { EXDATA_MODE } from './mode.js';
import type { ExdataMode } from './mode.js';
import type { ExdataWorkReport } from './report.js';
import { nothing } from './report.js';
import { EXDATA_DATA_SOURCE, ExdataTransactions } from './transactions.js';
import { nextTurn } from './turns.js';
import type { RestColumns, Work, WorkRow } from './work.columns.js';
import { Inject } from '../injection/index.js';

/** Rows of one statement. */
const atOnce = 500;

/** A row that is due, and where it stands in the order of those that are. */
export interface DueRow {
  readonly id: string;
  readonly dueAt: number;
  readonly group?: string | undefined;
}

/** The row, taken; or why it could not be. */
export type Taking = { readonly row: WorkRow } | { readonly row?: never; readonly report: ExdataWorkReport };

/**
 * Reads and writes the work columns: who may work on a row, and how that ended. Rows of the other mode are not there
 * for it, whatever the job.
 */
@Injectable()
export class Claims {
  constructor(
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(ExdataTransactions) private readonly transactions: ExdataTransactions,
    @Inject(EXDATA_MODE) private readonly mode: ExdataMode,
    @Inject(AccountsLeft) private readonly left: AccountsLeft,
  ) {}

  /** Whether other processes may have dropped refs of the job that this one is to work on. */
  isPartial(job: Job<WorkRow>): boolean {
    return this.left.isPartial(job);
  }

  /** Rows of the job that are due and held by nobody, the longest due first; those after `after`, where it is given. */
  async due(job: Job<WorkRow>, now: number, limit: number, after?: DueRow): Promise<DueRow[]> {
    const query = this.dataSource.manager
      .createQueryBuilder(job.entity, 'row')
      .select(['row.id', 'row.work.dueAt', ...(job.groups ? [`row.${job.groups.column}`] : [])])
      .where(this.#oursOf(job))
      .andWhere('row.work.dueAt <= :now', { now })
      .andWhere('(row.work.leaseUntil is null or row.work.leaseUntil <= :now)')
      .orderBy('row.work.dueAt', 'ASC')
      .addOrderBy('row.id', 'ASC')
      .limit(limit);
    // The bound stands by itself, so that the index is entered at it: a backlog would else be read from its beginning
    // for each batch.
    if (after)
      query
        .andWhere('row.work.dueAt >= :dueAt', { dueAt: after.dueAt })
        .andWhere('(row.work.dueAt > :dueAt or row.id > :id)', { id: after.id });
    const rows = await query.getMany();
    return rows.map((row) => ({ id: row.id, dueAt: row.work.dueAt ?? now, group: groupOf(job, row) }));
  }

  /**
   * After the clock was set back nobody knows how long is left of any wait: all rows that wait are due now. Leases end
   * as they would if they had been taken now; workers that live renew them sooner.
   */
  async afterClockSetBack(job: Job<WorkRow>, now: number, leaseMs: number): Promise<void> {
    const ours = this.#oursOf(job);
    const leaseUntil = now + leaseMs;
    await this.transactions.run((manager) =>
      manager.update(
        job.entity,
        { ...ours, work: { leaseUntil: MoreThan(leaseUntil) } },
        {
          work: { leaseUntil },
        },
      ),
    );
    const where = { ...ours, work: { dueAt: MoreThan(now) } } as FindOptionsWhere<WorkRow>;
    // A millisecond apart from page to page: of rows that are due at one time, whoever looks for the next reads and
    // sorts all.
    for (let dueAt = now; ; dueAt--) {
      const rows = await this.dataSource.manager.find(job.entity, { select: { id: true }, where, take: atOnce });
      const which = {
        id: In(rows.map(({ id }) => id)),
        work: { dueAt: MoreThan(now) },
      } satisfies FindOptionsWhere<WorkRow>;
      if (rows.length > 0)
        await this.transactions.run((manager) => manager.update(job.entity, which, { work: { dueAt } }));
      if (rows.length < atOnce) return;
      await nextTurn();
    }
  }

  /** Takes the row until `leaseUntil` (epoch ms) if it is due and free. */
  async take(job: Job<WorkRow>, id: string, now: number, leaseUntil: number): Promise<Taking> {
    const where = { ...this.#oursOf(job), id };
    const row = await this.transactions.leaseRow(job.entity, where, now, leaseUntil);
    return row ? { row } : { report: await this.#whyNot(job, where, now, leaseUntil) };
  }

  /** Prolongs the lease; false when it is lost. */
  renew(job: Job<WorkRow>, id: string, fence: number, leaseUntil: number): Promise<boolean> {
    return this.transactions.once((manager) => this.#write(manager, job, id, fence, { leaseUntil }));
  }

  /** Ends the lease in the given transaction. */
  async settle(manager: EntityManager, { job, row, columns }: Settled, settlement: Settlement): Promise<void> {
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
      lastError: kind === 'done' ? null : settlement.error,
    };
    const ref: ExdataJobRef = { job: job.name, id: row.id };
    if (!(await this.#write(manager, job, row.id, fence, outcome, columns))) throw new FenceLostError(ref, fence);
  }

  /**
   * Counts the finish of a worker that lives, but lost the row: its start was no death. The one write without a fence,
   * since the fence is lost; it touches a count that only ever adds up.
   */
  async countFinish(job: Job<WorkRow>, id: string): Promise<void> {
    const finishes = (): string => 'case when finishes < starts then finishes + 1 else finishes end';
    await this.transactions.once((manager) => manager.update(job.entity, { id }, { work: { finishes } }));
  }

  #oursOf(job: Job<WorkRow>): FindOptionsWhere<WorkRow> {
    return { ...this.left.whereOf(job), mode: this.mode };
  }

  async #whyNot(
    job: Job<WorkRow>,
    where: FindOptionsWhere<WorkRow>,
    now: number,
    leaseUntil: number,
  ): Promise<ExdataWorkReport> {
    const row = await this.transactions.once((manager) => manager.findOne(job.entity, { where }));
    if (!row) return nothing;
    const { dueAt, leaseUntil: heldUntil } = row.work;
    if (dueAt === null) return { outcome: 'parked', dueAt };
    if (dueAt > now) return { outcome: 'waiting', dueAt };
    // One that is free by now was held a moment ago: whoever held it has seen to what comes next.
    return { outcome: 'waiting', dueAt: heldUntil !== null && heldUntil > now ? heldUntil : leaseUntil };
  }

  async #write(...[manager, job, id, fence, work, columns]: WriteArguments): Promise<boolean> {
    const where: FindOptionsWhere<WorkRow> = { id, work: { fence } };
    return (await this.transactions.updateRows(manager, job.entity, where, { ...columns, work })) === 1;
  }
}

function groupOf({ groups }: Job<WorkRow>, row: WorkRow): string | undefined {
  return groups && String(Reflect.get(row, groups.column));
}

/** Values, or SQL that gives them. */
type WorkColumns = { [Column in keyof Work]?: Work[Column] | (() => string) };

type WriteArguments = [
  manager: EntityManager,
  job: Job<WorkRow>,
  id: string,
  fence: number,
  work: WorkColumns,
  columns?: RestColumns | undefined,
];

/** A row whose lease ends, and what else its end changes in it. */
interface Settled {
  readonly job: Job<WorkRow>;
  readonly row: WorkRow;
  readonly columns?: RestColumns | undefined;
}
