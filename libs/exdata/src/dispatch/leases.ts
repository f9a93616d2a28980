import { Injectable } from '@nestjs/common';
import { Births } from './births.js';
import { Claims } from './claims.js';
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

/** Takes leases on rows. */
@Injectable()
export class Leases {
  /** Rows whose attempt has ended here without that being written: the database was away. */
  #unwritten: { readonly job: Job<WorkRow>; readonly id: string }[] = [];

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
    await this.#writeFinishes();
    const taking = await this.claims.take(job, id, now, now + leaseMs);
    return taking.row ? { lease: this.#leaseOn(job, taking.row, stopping) } : taking;
  }

  /** The end of an attempt could not be written. Its worker lives, so that it is no death: that is written later. */
  endedUnwritten(job: Job<WorkRow>, id: string): void {
    this.#unwritten.push({ job, id });
  }

  /** Ends the lease of a row that was born here and that nobody can work on now; the sweeper finds it. */
  async giveBack(job: Job<WorkRow>, ref: ExdataJobRef, why: string): Promise<void> {
    const row = this.births.take(ref);
    if (!row) return;
    const settlement = { kind: 'wait', dueAt: this.clock.now(), error: why } as const;
    await this.transactions.once((manager) => this.claims.settle(manager, { job, row }, settlement));
  }

  async #writeFinishes(): Promise<void> {
    for (let [ended] = this.#unwritten; ended; [ended] = this.#unwritten) {
      this.#unwritten.shift();
      try {
        await this.claims.countFinish(ended.job, ended.id);
      } catch (error) {
        this.#unwritten.push(ended);
        throw error;
      }
    }
  }

  #leaseOn(job: Job<WorkRow>, row: WorkRow, stopping: AbortSignal): Lease {
    return new Lease(this.claims, this.clock, this.settings.leaseMs, job, row, stopping);
  }
}

export interface LeaseSettings {
  /** How long a row is held before another worker may take it, in milliseconds; renewed while the work goes on. */
  readonly leaseMs: number;
}
