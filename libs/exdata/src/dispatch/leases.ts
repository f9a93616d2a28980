import { Injectable } from '@nestjs/common';
import { Births } from './births.js';
import { Claims } from './claims.js';
import type { Taking } from './claims.js';
import { EXDATA_CLOCK } from './clock.js';
import type { ExdataClock } from './clock.js';
import type { Job, ExdataJobRef } from './job.js';
import { Lease } from './lease.js';
import type { ExdataWorkReport } from './report.js';
import type { WorkRow } from './work.columns.js';
import { ExdataTransactions } from './transactions.js';
import { EXDATA_WORK_SETTINGS } from './work-settings.js';
import { Inject } from '../injection/index.js';

/** A lease on the row, or why it could not be taken. */
export type Leasing = { readonly lease: Lease } | { readonly lease?: never; readonly report: ExdataWorkReport };

/** Rows that are remembered at most; of a further one the oldest is forgotten. */
const mostUnwritten = 1_000;

/** Takes leases on rows. */
@Injectable()
export class Leases {
  /** Rows of which a start has ended here without that being written, since the database was away. */
  readonly #unwritten = new Set<string>();

  constructor(
    @Inject(Claims) private readonly claims: Claims,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(EXDATA_WORK_SETTINGS) private readonly settings: LeaseSettings,
    @Inject(Births) readonly births: Births,
    @Inject(ExdataTransactions) private readonly transactions: ExdataTransactions,
  ) {}

  /** @param stopping aborted when the application shuts down */
  async take(job: Job<WorkRow>, id: string, stopping: AbortSignal): Promise<Leasing> {
    const now = this.clock.now();
    const { leaseMs } = this.settings;
    const born = this.births.take({ job: job.name, id });
    if (born && (born.work.leaseUntil ?? 0) > now) return { lease: this.#leaseOn(job, born, stopping) };
    // It was inserted as started, and nobody has died of that.
    if (born) this.endedUnwritten(job, id);
    await this.#writeFinish(job, id);
    const taking = await this.#claim(job, id, now + leaseMs);
    return taking.row ? { lease: this.#leaseOn(job, taking.row, stopping) } : taking;
  }

  /**
   * The end of an attempt could not be written. Its worker lives, so that it is no death: that is written when the row
   * is taken next, so that one which cannot be written to holds up no other.
   */
  endedUnwritten(job: Job<WorkRow>, id: string): void {
    this.#unwritten.add(keyOf(job, id));
    const [oldest] = this.#unwritten;
    if (oldest !== undefined && this.#unwritten.size > mostUnwritten) this.#unwritten.delete(oldest);
  }

  /** Ends the lease of a row that was born here and that nobody can work on now; the sweeper finds it. */
  async giveBack(job: Job<WorkRow>, ref: ExdataJobRef, why: string): Promise<void> {
    const row = this.births.take(ref);
    if (!row) return;
    const settlement = { kind: 'wait', dueAt: this.clock.now(), error: why } as const;
    await this.transactions.once((manager) => this.claims.settle(manager, { job, row }, settlement));
  }

  async #writeFinish(job: Job<WorkRow>, id: string): Promise<void> {
    if (!this.#unwritten.has(keyOf(job, id))) return;
    await this.claims.countFinish(job, id);
    this.#unwritten.delete(keyOf(job, id));
  }

  async #claim(job: Job<WorkRow>, id: string, leaseUntil: number): Promise<Taking> {
    try {
      return await this.claims.take(job, id, this.clock.now(), leaseUntil);
    } catch (error) {
      // It may have been taken, with the answer lost.
      if (this.transactions.isAway(error)) this.endedUnwritten(job, id);
      throw error;
    }
  }

  #leaseOn(job: Job<WorkRow>, row: WorkRow, stopping: AbortSignal): Lease {
    return new Lease(this.claims, this.clock, this.settings.leaseMs, job, row, stopping);
  }
}

const keyOf = ({ name }: Job<WorkRow>, id: string): string => `${name} ${id}`;

export interface LeaseSettings {
  /** How long a row is held before another worker may take it, in milliseconds; renewed while the work goes on. */
  readonly leaseMs: number;
}
