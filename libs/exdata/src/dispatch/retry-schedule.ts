import { token } from '../injection/index.js';
import type { Random } from './clock.js';

/** How long to wait between attempts, in milliseconds. */
export interface RetrySchedule {
  /** Wait after the first failure. */
  readonly firstMs: number;
  /** Longest wait between two attempts. */
  readonly maxMs: number;
  /** When the attempts end: the sum of all waits reaches at least this long, however the jitter falls. */
  readonly totalMs: number;
}

export const EXDATA_RETRY = token<RetrySchedule>('retry');

/** The part of each wait that jitter may take away. */
const jitter = 1 / 4;

const waitAfter = (failures: number, schedule: RetrySchedule): number =>
  Math.min(schedule.maxMs, schedule.firstMs * 2 ** (failures - 1));

/**
 * The wait before the next attempt once `failures` attempts have failed in a row, or null when the schedule has run
 * out. Doubles up to the maximum; a quarter of it is jitter, so that rows that failed together do not return together.
 * What counts towards the end is the least that each wait can have been.
 */
export function retryDelay(failures: number, schedule: RetrySchedule, random: Random): number | null {
  let waited = 0;
  for (let failure = 1; failure < failures && waited < schedule.totalMs; failure++)
    waited += waitAfter(failure, schedule) * (1 - jitter);
  if (waited >= schedule.totalMs) return null;
  const wait = waitAfter(failures, schedule);
  return Math.round(wait * (1 - jitter + jitter * random()));
}
