import type { ExdataClock } from '../dispatch/index.js';

/** How long a measurement is trusted, in milliseconds: other processes may share the spool. */
const trustedMs = 60_000;
/** Where there seems to be no room, it is measured again this often at most, in milliseconds. */
const doubtedMs = 1_000;

/** The spool holds as much as it may (`upload.spoolBytes`). */
class SpoolFullError extends Error {
  override readonly name = 'SpoolFullError';
  /** As a file system with quotas says it. */
  readonly code = 'EDQUOT';
}

/**
 * Bounds what a spool holds in all. Counts as bytes come, and measures now and then: nothing is looked through for each
 * file.
 */
export class SpoolRoom {
  #used = 0;
  #measuredAt: number | null = null;
  #measuring: Promise<void> | null = null;

  /**
   * @param limit in bytes
   * @param measure tells how many bytes the spool holds now
   */
  constructor(
    private readonly limit: number,
    private readonly measure: () => Promise<number>,
    private readonly clock: ExdataClock,
  ) {}

  /** @throws {SpoolFullError} when so many more bytes have no room */
  async take(bytes: number): Promise<void> {
    if (this.#isOlderThan(trustedMs)) await this.#again();
    if (this.#used + bytes > this.limit && this.#isOlderThan(doubtedMs)) await this.#again();
    if (this.#used + bytes > this.limit)
      throw new SpoolFullError(`the spool may hold ${this.limit} bytes (upload.spoolBytes)`);
    this.#used += bytes;
  }

  #isOlderThan(ms: number): boolean {
    if (this.#measuredAt === null) return true;
    const age = this.clock.now() - this.#measuredAt;
    return age < 0 || age >= ms;
  }

  #again(): Promise<void> {
    this.#measuring ??= this.#measure().finally(() => (this.#measuring = null));
    return this.#measuring;
  }

  async #measure(): Promise<void> {
    const before = this.#used;
    const held = await this.measure();
    // What came meanwhile may or may not have been seen: better counted twice than not at all.
    this.#used = held + Math.max(0, this.#used - before);
    this.#measuredAt = this.clock.now();
  }
}
