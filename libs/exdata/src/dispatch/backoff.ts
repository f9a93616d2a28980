import type { Random } from './clock.js';
import type { RetrySchedule } from './retry-schedule.js';
import { retryDelay } from './retry-schedule.js';

/** Waits between attempts at something that is away, which grow and never end. */
export class Backoff {
  #failures = 0;

  /** @param limits the first and the longest wait, in milliseconds; up to a quarter of each is jitter */
  constructor(
    private readonly limits: Pick<RetrySchedule, 'firstMs' | 'maxMs'>,
    private readonly random: Random,
  ) {}

  /** How long to wait after another failure, in milliseconds. */
  next(): number {
    // Beyond that it waits as long as it ever does.
    this.#failures = Math.min(this.#failures + 1, 32);
    return retryDelay(this.#failures, { ...this.limits, totalMs: Infinity }, this.random) ?? this.limits.maxMs;
  }

  /** It worked: the next failure is the first again. */
  reset(): void {
    this.#failures = 0;
  }
}
