import type { ExdataClock } from '../../dispatch/index.js';
import { hasPassed } from '../../dispatch/index.js';

/** How long is counted, in milliseconds, and how many deliveries in it make it worth a look whose they are. */
const windowMs = 1_000;
const manyInWindow = 32;

/** Tells a flood of deliveries from what exdata sends in a day's work: there it does not matter which goes first. */
export class FloodWatch {
  #since = -Infinity;
  #count = 0;
  #before = 0;

  constructor(private readonly clock: ExdataClock) {}

  /** Counts deliveries that came. @returns whether there are many */
  isFlood(came: number): boolean {
    const now = this.clock.now();
    if (hasPassed(windowMs, this.#since, now)) {
      this.#before = hasPassed(2 * windowMs, this.#since, now) ? 0 : this.#count;
      this.#since = now;
      this.#count = 0;
    }
    this.#count += came;
    return this.#count > manyInWindow || this.#before > manyInWindow;
  }
}
