import type { Claims } from './claims.js';
import type { Clock } from './clock.js';
import { FenceLostError, JobTimeoutError } from './job.js';
import type { Claim, Job, Settlement } from './job.js';
import type { WorkRow } from './work.columns.js';

/** The part of a lease that may have passed before a step begins without a renewal; spares a write for what has just been claimed. */
const slack = 0.1;

/** One claim on one row, with its renewal and its time limits. */
export class Hold implements Claim {
  /** How the row was settled; the transaction may still have failed after it. */
  settlement: Settlement | undefined;
  #ended = false;
  #leaseUntil: number;
  readonly #abort = new AbortController();
  readonly #cut = new AbortController();
  readonly #over: Promise<void>;
  readonly #cancelTimeout: () => void;
  #cancelRenewal: () => void;
  #cancelExpiry: () => void;

  constructor(
    private readonly claims: Claims,
    private readonly clock: Clock,
    private readonly leaseMs: number,
    private readonly job: Job<WorkRow>,
    private readonly row: WorkRow,
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

  async settle(...[manager, settlement]: Parameters<Claim['settle']>): Promise<void> {
    await this.claims.settle(manager, this.job, this.row, settlement);
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
    if (this.clock.now() >= this.#leaseUntil) this.#breakOff(this.#loss('has no lease any more: it ran out before it could be renewed'));
  }

  #expireLater(): () => void {
    return this.clock.after(Math.max(0, this.#leaseUntil - this.clock.now()), () => {
      this.#expire();
      // A timer may fire a moment before the clock is there.
      if (!this.cut.aborted && !this.#ended) this.#cancelExpiry = this.#expireLater();
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
    const held = await this.claims.renew(this.job, this.row.id, this.fence, leaseUntil);
    if (this.#ended || this.signal.aborted) return;
    if (!held) {
      this.#breakOff(this.#loss());
      return;
    }
    this.#leaseUntil = Math.max(this.#leaseUntil, leaseUntil);
    this.#cancelExpiry();
    this.#cancelExpiry = this.#expireLater();
  }

  #loss(why?: string, options?: ErrorOptions): FenceLostError {
    return new FenceLostError({ job: this.job.name, id: this.row.id }, this.fence, why, options);
  }
}
