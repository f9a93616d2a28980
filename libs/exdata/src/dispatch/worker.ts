import type { Claims } from './claims.js';
import type { Clock, Random } from './clock.js';
import { FenceLostError, NotYetError } from './job.js';
import type { Claim, Job, JobRef, Settlement } from './job.js';
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
  ) {}

  /** Aborts the signals of all claims; their work ends early and is due again. */
  stop(): void {
    this.#stopping.abort(new Error('the application is shutting down'));
  }

  /** Never rejects: what fails is written to the row, and told to `onFault` where even that fails. */
  async work(job: Job<WorkRow>, id: string): Promise<void> {
    const ref = { job: job.name, id };
    try {
      await this.transactions.detached(() => this.#claimAndRun(job, ref));
    } catch (error) {
      this.onFault({ ref, error });
    }
  }

  async #claimAndRun(job: Job<WorkRow>, ref: JobRef): Promise<void> {
    const row = await this.claims.take(job, ref.id, this.clock.now(), this.clock.now() + this.settings.leaseMs);
    if (!row) return;
    const hold = new Hold(this.claims, this.clock, this.settings.leaseMs, job, row, this.#stopping.signal);
    try {
      // This start is counted already; the ones before it that never finished are deaths.
      const deaths = row.work.starts - 1 - row.work.finishes;
      if (deaths >= this.settings.poisonAfter) await job.quarantine(row, hold);
      else await job.run(row, hold);
      if (!hold.settled) throw new Error(`job ${job.name} ended without settling row ${ref.id}`);
    } catch (error) {
      if (error instanceof FenceLostError) throw error;
      await this.#settleFailure(job, row, hold, error).catch((late: unknown) => {
        // The settlement had been committed after all, and what failed came after it.
        throw late instanceof FenceLostError && hold.settled ? error : late;
      });
    } finally {
      hold.end();
    }
  }

  async #settleFailure(job: Job<WorkRow>, row: WorkRow, hold: Hold, error: unknown): Promise<void> {
    const now = this.clock.now();
    if (this.#stopping.signal.aborted) {
      await this.transactions.run((manager) => hold.settle(manager, { kind: 'wait', dueAt: now, error: 'shutdown' }));
      return;
    }
    if (error instanceof NotYetError) {
      const { dueAt, code } = error;
      await this.transactions.run((manager) => hold.settle(manager, { kind: 'wait', dueAt: Math.max(dueAt, now), error: code }));
      return;
    }
    const delay = retryDelay(row.work.failures + 1, this.settings.retry, this.random);
    if (delay === null) {
      await job.giveUp(row, hold, error);
      return;
    }
    await this.transactions.run((manager) => hold.settle(manager, { kind: 'failed', dueAt: now + delay, error: String(error) }));
    this.onFault({ ref: { job: job.name, id: row.id }, error, row, retryAt: now + delay });
  }
}

/** One claim on one row, with its renewal and its time limit. */
class Hold implements Claim {
  settled = false;
  #ended = false;
  readonly #abort = new AbortController();
  readonly #cancelTimeout: () => void;
  #cancelRenewal: () => void;

  constructor(
    private readonly claims: Claims,
    private readonly clock: Clock,
    private readonly leaseMs: number,
    private readonly job: Job<WorkRow>,
    private readonly row: WorkRow,
    private readonly stopping: AbortSignal,
  ) {
    stopping.addEventListener('abort', this.#stop, { once: true });
    if (stopping.aborted) this.#stop();
    this.#cancelTimeout = clock.after(job.timeoutMs, () => {
      this.#abort.abort(new Error(`job ${job.name} took longer than ${String(job.timeoutMs)} ms`));
    });
    this.#cancelRenewal = this.#renewLater();
  }

  get fence(): number {
    return this.row.work.fence;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  async settle(...[manager, settlement]: Parameters<Claim['settle']>): Promise<void> {
    await this.claims.settle(manager, this.job, this.row, settlement satisfies Settlement);
    this.settled = true;
  }

  end(): void {
    this.#ended = true;
    this.#cancelRenewal();
    this.#cancelTimeout();
    this.stopping.removeEventListener('abort', this.#stop);
  }

  readonly #stop = (): void => {
    this.#abort.abort(this.stopping.reason);
  };

  #renewLater(): () => void {
    return this.clock.after(this.leaseMs / 3, () => void this.#renew());
  }

  async #renew(): Promise<void> {
    // A database that does not answer now may answer before the lease runs out.
    const held = await this.claims.renew(this.job, this.row.id, this.fence, this.clock.now() + this.leaseMs).catch(() => true);
    if (this.#ended) return;
    if (held) this.#cancelRenewal = this.#renewLater();
    else this.#abort.abort(new FenceLostError({ job: this.job.name, id: this.row.id }, this.fence));
  }
}
