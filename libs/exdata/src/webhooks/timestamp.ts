export interface TimestampWindow {
  /** How old a delivery may be, in milliseconds. */
  readonly pastMs: number;
  /** How far ahead the sender's clock may be, in milliseconds. */
  readonly futureMs: number;
}

/** Where X-Timestamp (Unix seconds; exdata docs: Webhooks) stands to the window. `now` in epoch ms. */
export function placeInWindow(header: string, now: number, window: TimestampWindow): 'inside' | 'stale' | 'early' | 'malformed' {
  if (!/^\d{1,11}$/.test(header)) return 'malformed';
  const age = now - Number(header) * 1000;
  if (age > window.pastMs) return 'stale';
  return age < -window.futureMs ? 'early' : 'inside';
}
