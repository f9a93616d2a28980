import type { Random } from './clock.js';

/** How long to wait between attempts, in milliseconds. */
export interface RetrySchedule {
  /** Wait after the first failure. */
  readonly firstMs: number;
  /** Longest wait between two attempts. */
  readonly maxMs: number;
  /** When the attempts end: the sum of all waits reaches at least this long. */
  readonly totalMs: number;
}

const waitAfter = (failures: number, schedule: RetrySchedule): number => Math.min(schedule.maxMs, schedule.firstMs * 2 ** (failures - 1));

/**
 * The wait before the next attempt once `failures` attempts have failed in a row, or null when the schedule has run out.
 * Doubles up to the maximum; half of it is jitter, so that rows that failed together do not return together.
 */
export function retryDelay(failures: number, schedule: RetrySchedule, random: Random): number | null {
  let waited = 0;
  for (let failure = 1; failure < failures && waited < schedule.totalMs; failure++) waited += waitAfter(failure, schedule);
  if (waited >= schedule.totalMs) return null;
  const wait = waitAfter(failures, schedule);
  return Math.round(wait / 2 + (wait / 2) * random());
}
