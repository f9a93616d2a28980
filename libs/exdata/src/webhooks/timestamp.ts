export interface TimestampWindow {
  /** How old a delivery may be, in milliseconds. */
  readonly pastMs: number;
  /** How far ahead the sender's clock may be, in milliseconds. */
  readonly futureMs: number;
}

/** `milliseconds`: what was sent would be a time near ours if it were milliseconds. */
export type TimestampPlace = 'inside' | 'stale' | 'early' | 'malformed' | 'milliseconds';

const yearMs = 365 * 24 * 3_600_000;

/** Where X-Timestamp (Unix seconds; exdata docs: Webhooks) stands to the window. `now` in epoch ms. */
export function placeInWindow(header: string, now: number, window: TimestampWindow): TimestampPlace {
  if (!/^\d{1,14}$/.test(header)) return 'malformed';
  if (header.length > 11) return Math.abs(now - Number(header)) < yearMs ? 'milliseconds' : 'malformed';
  const age = now - Number(header) * 1000;
  if (age > window.pastMs) return 'stale';
  return age < -window.futureMs ? 'early' : 'inside';
}

/** X-Timestamp in epoch ms where it is one, else `now`: for hosts that do not check it. */
export function sentAtOf(header: string, now: number): number {
  return /^\d{1,11}$/.test(header) ? Number(header) * 1000 : now;
}
