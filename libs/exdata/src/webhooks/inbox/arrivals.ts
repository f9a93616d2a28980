import { inOwnContext } from '../../dispatch/index.js';
import type { ExdataClock } from '../../dispatch/index.js';

/** Deliveries that came in one turn of the event loop. */
export interface Arrival {
  /** Whether their senders have waited for too long. */
  isLate: boolean;
  /** How many wait. */
  waiting: number;
  cancel: () => void;
}

/**
 * Says when senders have waited for long enough: the first to come first. Those that came together share a timer; the
 * time of day is not asked, since a clock that is set back would make them wait for longer.
 */
export class Arrivals {
  #now: Arrival | null = null;

  constructor(
    private readonly clock: ExdataClock,
    /** How long each may wait, in milliseconds. */
    private readonly waitMs: number,
    /** Called when another arrival is late. */
    private readonly onLate: () => void,
  ) {}

  /** The arrival of a delivery that comes now. */
  add(): Arrival {
    const arrival = (this.#now ??= inOwnContext(() => this.#begin()));
    arrival.waiting++;
    return arrival;
  }

  /** One of the arrival is answered. */
  answered(arrival: Arrival): void {
    if (--arrival.waiting > 0) return;
    arrival.cancel();
    this.#end(arrival);
  }

  #begin(): Arrival {
    const arrival: Arrival = { isLate: false, waiting: 0, cancel: () => undefined };
    arrival.cancel = this.clock.after(this.waitMs, () => {
      arrival.isLate = true;
      this.#end(arrival);
      this.onLate();
    });
    setImmediate(() => this.#end(arrival));
    return arrival;
  }

  #end(arrival: Arrival): void {
    if (this.#now === arrival) this.#now = null;
  }
}
