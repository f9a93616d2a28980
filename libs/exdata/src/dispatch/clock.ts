import { token } from '../injection/index.js';

/** Where the module takes its time from; tests bind another to run days in milliseconds. */
export interface ExdataClock {
  /** Milliseconds since the Unix epoch. */
  now(): number;
  /** Runs `run` once after `ms` milliseconds; the returned function cancels it. */
  after(ms: number, run: () => void): () => void;
}

export const systemClock: ExdataClock = {
  now: () => Date.now(),
  after: (ms, run) => {
    const timer = setTimeout(run, ms);
    return () => {
      clearTimeout(timer);
    };
  },
};

/**
 * Whether `ms` have passed between `since` and `now` (epoch ms). A clock that stands before `since` was set back, and
 * nobody knows: they may have.
 */
export function hasPassed(ms: number, since: number, now: number): boolean {
  return now < since || now - since >= ms;
}

/** A source of numbers in [0, 1), for jitter. */
export type Random = () => number;

/** Bind a provider to this token to replace the {@link ExdataClock}. */
export const EXDATA_CLOCK = token<ExdataClock>('clock');
/** Bind a provider to this token to replace the {@link Random} that jitters retries. */
export const EXDATA_RANDOM = token<Random>('random');
