import type { CancelTimer, SandboxClock } from './clock.js';

interface Timer {
  readonly due: number;
  readonly order: number;
  readonly callback: () => void | Promise<void>;
}

/** A clock that stands still until a test moves it. A day of retries takes as long as its requests do. */
export class VirtualClock implements SandboxClock {
  private readonly timers = new Set<Timer>();
  private order = 0;

  /**
   * @param time where the clock starts, milliseconds since the epoch; the default is the time of the contract's sample
   */
  constructor(private time: number = Date.UTC(2026, 4, 10, 1, 0, 0)) {}

  now(): number {
    return this.time;
  }

  setTimeout(callback: () => void | Promise<void>, ms: number): CancelTimer {
    const timer: Timer = { due: this.time + Math.max(0, ms), order: this.order++, callback };
    this.timers.add(timer);
    return () => {
      this.timers.delete(timer);
    };
  }

  /** How many timers have not fired yet. */
  get pending(): number {
    return this.timers.size;
  }

  /**
   * Moves time forward by `ms` milliseconds and runs the timers due on the way, in order, each at its own time, and
   * waits for what they started (a webhook's answer, say). Timers set meanwhile run too if they fall due. `advance(0)`
   * runs what is due now.
   */
  async advance(ms: number): Promise<void> {
    const end = this.time + ms;
    for (let next = this.next(end); next !== undefined; next = this.next(end)) {
      this.timers.delete(next);
      this.time = Math.max(this.time, next.due);
      await next.callback();
    }
    this.time = Math.max(this.time, end);
  }

  private next(end: number): Timer | undefined {
    let first: Timer | undefined;
    for (const timer of this.timers) {
      if (timer.due > end) continue;
      if (first === undefined || timer.due < first.due || (timer.due === first.due && timer.order < first.order))
        first = timer;
    }
    return first;
  }
}
