import { Injectable } from '@nestjs/common';
import type { LeasedAttempt } from './attempt.js';
import { Claims } from './claims.js';
import { EXDATA_CLOCK } from './clock.js';
import type { ExdataClock } from './clock.js';
import { FenceLostError, NotYetError } from './job.js';
import type { Job, ExdataJobRef } from './job.js';
import { Retries } from './retries.js';
import type { WorkRow } from './work.columns.js';
import type { WorkFault } from './work-watch.js';
import { WorkWatch } from './work-watch.js';
import { Writes } from './writes.js';
import { Inject } from '../injection/index.js';

/** Settles attempts that failed. */
@Injectable()
export class FailedAttempts {
  constructor(
    @Inject(Claims) private readonly claims: Claims,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(Retries) private readonly retries: Retries,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(WorkWatch) private readonly watch: WorkWatch,
  ) {}

  /**
   * Resolves to false where nothing was left to settle: the row is another worker's by now, or had been settled before
   * the failure.
   */
  async settle(job: Job<WorkRow>, attempt: LeasedAttempt, error: unknown): Promise<boolean> {
    const { lease, row } = attempt;
    const before = lease.settlement;
    try {
      await this.#settle(job, attempt, error);
      return true;
    } catch (late) {
      if (!(late instanceof FenceLostError)) throw late;
      // Where the job had settled, that had been committed after all, and what failed came after it.
      lease.settlement = before;
      if (!before) await this.claims.countFinish(job, row.id);
      this.#tell(job, attempt, before || error instanceof FenceLostError ? error : late);
      return false;
    }
  }

  async #settle(job: Job<WorkRow>, attempt: LeasedAttempt, error: unknown): Promise<void> {
    const now = this.clock.now();
    const { lease, row } = attempt;
    if (lease.isStopping) return this.#wait(attempt, now, 'shutdown');
    if (lease.lost || error instanceof FenceLostError) {
      // The lease went, not the work: no attempt is burnt.
      await this.#wait(attempt, now, String(attempt.signal.reason ?? error));
      this.#tell(job, attempt, error, now);
      return;
    }
    if (error instanceof NotYetError) return this.#wait(attempt, Math.max(error.dueAt, now), error.code);
    const delay = this.retries.delayAfter(row.work.failures + 1);
    if (delay === null) return job.giveUp(attempt, error);
    const dueAt = now + delay;
    await this.writes.run((write) => attempt.settle(write, { kind: 'failed', dueAt, error: String(error) }));
    this.#tell(job, attempt, error, dueAt);
  }

  #wait(attempt: LeasedAttempt, dueAt: number, error: string): Promise<void> {
    return this.writes.run((write) => attempt.settle(write, { kind: 'wait', dueAt, error }));
  }

  #tell({ name }: Job<WorkRow>, { row }: LeasedAttempt, error: unknown, retryAt?: number): void {
    const ref: ExdataJobRef = { job: name, id: row.id };
    const fault: WorkFault = { ref, error, row };
    this.watch.failed(retryAt === undefined ? fault : { ...fault, retryAt });
  }
}
