/** Where the client takes its time from; tests give another to wait for nothing. */
export interface Timers {
  /** Epoch ms. */
  readonly now: () => number;
  /** Runs `run` once after `ms` milliseconds; the returned function cancels it. */
  readonly after: (ms: number, run: () => void) => () => void;
}

export const systemTimers: Timers = {
  now: Date.now,
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  },
};

/** setTimeout counts no further. */
export const longestTimeoutMs = 2 ** 31 - 1;

/** Whether setTimeout can wait that long, in milliseconds. */
export function isTimeout(ms: number): boolean {
  return Number.isInteger(ms) && ms > 0 && ms <= longestTimeoutMs;
}
