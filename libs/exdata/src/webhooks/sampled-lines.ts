import type { Clock } from '../dispatch/index.js';
import { hasPassed } from '../dispatch/index.js';

/** A line for the first event of a kind; then one a minute, or one in a thousand, whichever comes first. */
const everyMs = 60_000;
const everyNth = 1_000;

interface Told {
  readonly at: number;
  since: number;
}

/** Chooses what is told of events that may come in floods: these must cost neither the disk nor the reader of the log. */
export class SampledLines {
  readonly #told = new Map<string, Told>();

  constructor(private readonly clock: Clock) {}

  /** @returns how many of the kind there were since the last line, if it is time for one; null if not */
  count(kind: string): number | null {
    const last = this.#told.get(kind);
    const count = (last?.since ?? 0) + 1;
    const now = this.clock.now();
    if (last && count < everyNth && !hasPassed(everyMs, last.at, now)) {
      last.since = count;
      return null;
    }
    this.#told.set(kind, { at: now, since: 0 });
    return count;
  }
}
