import type { SandboxClock } from '../clock/clock.js';

/** Requests a minute; `Infinity` for no limit. */
export interface RateLimits {
  readonly token: number;
  readonly account: number;
  /** Requests with a bad token or none, of one address. */
  readonly failedAuthentication: number;
}

const minuteMs = 60_000;

/**
 * Counts requests in windows of one minute on the simulator's clock (exdata docs: Rate limits; their numbers are not
 * documented).
 */
export class RequestRates {
  private readonly counts = new Map<string, { minute: number; count: number }>();

  constructor(
    private readonly clock: SandboxClock,
    /** Counts from the next request on. */
    public limits: RateLimits,
  ) {}

  /**
   * Counts a request against all of `keys`, or against none if one of them is used up. @returns 0, or the milliseconds
   * until it may be repeated
   */
  count(keys: Partial<Readonly<Record<keyof RateLimits, string>>>): number {
    const minute = Math.floor(this.clock.now() / minuteMs);
    const used = Object.entries(keys).map(([kind, key]) => {
      const id = `${kind}/${key}`;
      const known = this.counts.get(id);
      return { id, limit: this.limits[kind as keyof RateLimits], count: known?.minute === minute ? known.count : 0 };
    });
    if (used.some(({ limit, count }) => count >= limit)) return (minute + 1) * minuteMs - this.clock.now();
    for (const { id, limit, count } of used) if (limit !== Infinity) this.counts.set(id, { minute, count: count + 1 });
    return 0;
  }
}
