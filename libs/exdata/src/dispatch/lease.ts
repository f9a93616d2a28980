import type { Claims } from './claims.js';
import type { ExdataClock } from './clock.js';
import { FenceLostError, JobTimeoutError } from './job.js';
import type { Job, Settlement } from './job.js';
import type { RestColumns, WorkRow } from './work.columns.js';
import type { Write } from './write.js';

/**
 * The part of a lease that may have passed before a step begins without a renewal; spares a write for what has just
 * been claimed.
 */
const slack = 0.1;
/** How early a timer may fire, in milliseconds. */
const earlyMs = 1_000;

/**
 * A worker's lease on one row, with its renewal and its time limits. See {@link Attempt} for what a job may do with it.
 */
export class Lease {
  /** How the row was settled; the transaction may still have failed after it. */
  settlement: Settlement | undefined;
  #ended = false;
  /** Renewals that were asked for, and the latest one that was granted. */
  #asked = 0;
  #renewed = 0;
  #leaseUntil: number;
  readonly #abort = new AbortController();
  readonly #cut = new AbortController();
  readonly #over: Promise<void>;
  readonly #cancelTimeout: () => void;
  #cancelRenewal: () => void;
  #cancelExpiry: () => void;

  constructor(
    private readonly claims: Claims,
    private readonly clock: ExdataClock,
    private readonly leaseMs: number,
    private readonly job: Job<WorkRow>,
    readonly row: WorkRow,
    private readonly stopping: AbortSignal,
  ) {
    this.#leaseUntil = row.work.leaseUntil ?? clock.now();
    this.#over = new Promise((resolve) => this.signal.addEventListener('abort', () => resolve(), { once: true }));
    stopping.addEventListener('abort', this.#stop, { once: true });
    if (stopping.aborted) this.#stop();
    this.#cancelTimeout = clock.after(job.timeoutMs, () => {
      this.#breakOff(new JobTimeoutError(job.name, job.timeoutMs));
    });
    this.#cancelExpiry = this.#expireLater();
    this.#cancelRenewal = this.#renewLater();
  }

  get fence(): number {
    return this.row.work.fence;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get cut(): AbortSignal {
    return this.#cut.signal;
  }

  /** Whether the application is shutting down. */
  get isStopping(): boolean {
    return this.stopping.aborted;
  }

  /** Whether the lease is lost or over; another worker may hold the row. */
  get lost(): boolean {
    return this.cut.reason instanceof FenceLostError || this.signal.reason instanceof FenceLostError;
  }

  async step(timeoutMs: number): Promise<void> {
    this.#checkHeld();
    if (this.#leaseUntil - this.clock.now() >= Math.min(timeoutMs, this.leaseMs * (1 - slack))) return;
    let fault: unknown;
    // A database that hangs must not hold up the end of the lease.
    await Promise.race([this.#renew().catch((error: unknown) => (fault = error)), this.#over]);
    this.#checkHeld();
    if (fault !== undefined) throw this.#loss('cannot be renewed', { cause: fault });
  }

  async settle({ manager }: Write, settlement: Settlement, columns?: RestColumns): Promise<void> {
    await this.claims.settle(manager, { job: this.job, row: this.row, columns }, settlement);
    this.settlement = settlement;
  }

  end(): void {
    this.#ended = true;
    this.#cancelRenewal();
    this.#cancelExpiry();
    this.#cancelTimeout();
    this.stopping.removeEventListener('abort', this.#stop);
  }

  readonly #stop = (): void => {
    this.#abort.abort(this.stopping.reason);
  };

  #breakOff(reason: Error): void {
    this.#abort.abort(reason);
    this.#cut.abort(reason);
  }

  /** Timers of a process that was paused fire late: whoever asks looks at the clock too. */
  #checkHeld(): void {
    this.#expire();
    this.signal.throwIfAborted();
  }

  #expire(): void {
    if (this.clock.now() >= this.#leaseUntil)
      this.#breakOff(this.#loss('has no lease any more: it ran out before it could be renewed'));
  }

  #expireLater(): () => void {
    return this.clock.after(Math.max(0, this.#leaseUntil - this.clock.now()), () => {
      this.#expire();
      if (this.cut.aborted || this.#ended) return;
      // A timer may fire a moment before the clock is there; one that is far from there was set back, and the timer is
      // right.
      if (this.#leaseUntil - this.clock.now() > earlyMs)
        this.#breakOff(this.#loss('has no lease any more: it ran out before it could be renewed'));
      else this.#cancelExpiry = this.#expireLater();
    });
  }

  #renewLater(): () => void {
    return this.clock.after(this.leaseMs / 3, () => {
      // A database that does not answer now may answer before the lease runs out.
      void this.#renew()
        .catch(() => undefined)
        .finally(() => {
          if (!this.#ended && !this.signal.aborted) this.#cancelRenewal = this.#renewLater();
        });
    });
  }

  async #renew(): Promise<void> {
    const leaseUntil = this.clock.now() + this.leaseMs;
    const renewal = ++this.#asked;
    const held = await this.claims.renew(this.job, this.row.id, this.fence, leaseUntil);
    if (this.#ended || this.signal.aborted) return;
    if (!held) {
      this.#breakOff(this.#loss());
      return;
    }
    // The later of two that are answered out of turn stands in the row, also where the clock was set back between them.
    if (renewal < this.#renewed) return;
    this.#renewed = renewal;
    this.#leaseUntil = leaseUntil;
    this.#cancelExpiry();
    this.#cancelExpiry = this.#expireLater();
  }

  #loss(why?: string, options?: ErrorOptions): FenceLostError {
    return new FenceLostError({ job: this.job.name, id: this.row.id }, this.fence, why, options);
  }
}
