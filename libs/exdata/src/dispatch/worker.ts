import { setMaxListeners } from 'node:events';
import type { Claims } from './claims.js';
import type { Clock, Random } from './clock.js';
import { Hold } from './hold.js';
import { FenceLostError, NotYetError } from './job.js';
import type { Job, JobRef, Settlement } from './job.js';
import type { WorkReport } from './report.js';
import { nothing, reportOf, wordFor } from './report.js';
import type { RetrySchedule } from './retry-schedule.js';
import { retryDelay } from './retry-schedule.js';
import type { ExdataTransactions } from './transactions.js';
import type { WorkRow } from './work.columns.js';

/** What went wrong while no caller was there to be told. */
export interface WorkFault {
  readonly ref: JobRef;
  readonly error: unknown;
  /** The row, where it had been read. */
  readonly row?: WorkRow;
  /** When the row is tried again (epoch ms), where that is known. */
  readonly retryAt?: number;
}

export interface WorkerSettings {
  /** How long a row is held before another worker may take it, in milliseconds; renewed while the work goes on. */
  readonly leaseMs: number;
  readonly retry: RetrySchedule;
  /** Starts without a finish after which a row is quarantined. */
  readonly poisonAfter: number;
}

/** Works one row: claims it, keeps the lease alive, sees to it that the claim is settled. */
export class Worker {
  readonly #stopping = new AbortController();

  constructor(
    private readonly claims: Claims,
    private readonly transactions: ExdataTransactions,
    private readonly clock: Clock,
    private readonly random: Random,
    private readonly settings: WorkerSettings,
    private readonly onFault: (fault: WorkFault) => void,
  ) {
    // Each row at work listens until it is done, and a host may have more at once than the ten at which Node.js suspects a leak.
    setMaxListeners(Infinity, this.#stopping.signal);
  }

  /** Aborts the signals of all claims; their work ends early and is due again. */
  stop(): void {
    this.#stopping.abort(new Error('the application is shutting down'));
  }

  /** Never rejects: what fails is written to the row, and told to `onFault` where even that fails. */
  async work(job: Job<WorkRow>, id: string): Promise<WorkReport> {
    const ref = { job: job.name, id };
    // What a queue hands out before it has heard of the shutdown is for another process, or for the next.
    if (this.#stopping.signal.aborted) return { outcome: 'waiting', dueAt: this.clock.now() + this.settings.retry.firstMs };
    try {
      return await this.transactions.detached(() => this.#claimAndRun(job, ref));
    } catch (error) {
      this.onFault({ ref, error });
      // The row could not be read or written: it is as it was, and due again when its lease, if it has one, is over.
      const dueAt = this.clock.now() + this.settings.retry.firstMs;
      return { outcome: 'failed', dueAt, error: wordFor(String(error)) };
    }
  }

  async #claimAndRun(job: Job<WorkRow>, ref: JobRef): Promise<WorkReport> {
    const taking = await this.claims.take(job, ref.id, this.clock.now(), this.clock.now() + this.settings.leaseMs);
    if (!taking.row) return taking.report;
    const { row } = taking;
    const hold = new Hold(this.claims, this.clock, this.settings.leaseMs, job, row, this.#stopping.signal);
    try {
      await this.#run(job, row, hold);
    } catch (error) {
      if (await this.#isOver(job, row, hold, error)) return hold.settlement ? reportOf(hold.settlement) : nothing;
    } finally {
      hold.end();
    }
    return hold.settlement ? reportOf(hold.settlement) : { outcome: 'waiting', dueAt: row.work.leaseUntil };
  }

  async #run(job: Job<WorkRow>, row: WorkRow, hold: Hold): Promise<void> {
    // The claim may have been long in coming: nothing begins on the rest of a lease.
    await hold.step(job.timeoutMs);
    // This start is counted already; the ones before it that never finished are deaths.
    const deaths = row.work.starts - 1 - row.work.finishes;
    if (deaths >= this.settings.poisonAfter) await job.quarantine(row, hold);
    else await job.run(row, hold);
    if (!hold.settlement) throw new Error(`job ${job.name} ended without settling row ${row.id}`);
  }

  /** Settles what failed, unless the row is another worker's by now or had been settled before the failure. */
  async #isOver(job: Job<WorkRow>, row: WorkRow, hold: Hold, error: unknown): Promise<boolean> {
    const ref = { job: job.name, id: row.id };
    const before = hold.settlement;
    try {
      await this.#settleFailure(job, row, hold, error);
      return false;
    } catch (late) {
      if (!(late instanceof FenceLostError)) throw late;
      // Where the job had settled, that had been committed after all, and what failed came after it.
      hold.settlement = before;
      if (!before) await this.claims.countFinish(job, row.id);
      this.onFault({ ref, error: before || error instanceof FenceLostError ? error : late, row });
      return true;
    }
  }

  async #settleFailure(job: Job<WorkRow>, row: WorkRow, hold: Hold, error: unknown): Promise<void> {
    const now = this.clock.now();
    const ref = { job: job.name, id: row.id };
    const settle = (settlement: Settlement): Promise<void> => this.transactions.run((manager) => hold.settle(manager, settlement));
    if (this.#stopping.signal.aborted) {
      await settle({ kind: 'wait', dueAt: now, error: 'shutdown' });
      return;
    }
    if (hold.lost || error instanceof FenceLostError) {
      // The lease went, not the work: no attempt is burnt.
      await settle({ kind: 'wait', dueAt: now, error: String(hold.signal.reason ?? error) });
      this.onFault({ ref, error, row, retryAt: now });
      return;
    }
    if (error instanceof NotYetError) {
      const { dueAt, code } = error;
      await settle({ kind: 'wait', dueAt: Math.max(dueAt, now), error: code });
      return;
    }
    const delay = retryDelay(row.work.failures + 1, this.settings.retry, this.random);
    if (delay === null) {
      await job.giveUp(row, hold, error);
      return;
    }
    await settle({ kind: 'failed', dueAt: now + delay, error: String(error) });
    this.onFault({ ref, error, row, retryAt: now + delay });
  }
}
