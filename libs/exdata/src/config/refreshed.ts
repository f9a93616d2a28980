import type { SourceContext } from './source-context.js';
import { SourceFault } from './source-fault.js';

/** How long a look may take, in milliseconds. */
const lookTimeoutMs = 10_000;

/**
 * Runs `look` at most every `everyMs` milliseconds, once for all who ask meanwhile, and gives what the last look gave.
 */
export class Refreshed<T> {
  #last: Promise<T> | undefined;
  #isLooking = false;
  #lookedAt = 0;
  /** How long the last look counts, in milliseconds. */
  #countsMs = 0;

  constructor(
    private readonly look: () => Promise<T>,
    private readonly everyMs: number,
    private readonly afterFailureMs: number,
    private readonly clock: SourceContext['clock'],
  ) {}

  get(): Promise<T> {
    // Until a look has ended everybody waits for it.
    return this.#last && (this.#isLooking || this.#isFresh()) ? this.#last : this.#lookNow();
  }

  /** What a look that ends after this call gives, however fresh the last one is. */
  getAnew(): Promise<T> {
    return this.#last && this.#isLooking ? this.#last : this.#lookNow();
  }

  #lookNow(): Promise<T> {
    this.#isLooking = true;
    this.#countsMs = this.everyMs;
    this.#last = this.#inTime().finally(() => {
      this.#isLooking = false;
      this.#lookedAt = this.clock.now();
    });
    return this.#last;
  }

  /** A clock that was set back must not put the next look off. */
  #isFresh(): boolean {
    const age = this.clock.now() - this.#lookedAt;
    return age >= 0 && age < this.#countsMs;
  }

  async #inTime(): Promise<T> {
    let cancel = (): void => undefined;
    const late = new Promise<never>((_resolve, reject) => {
      cancel = this.clock.after(lookTimeoutMs, () =>
        reject(SourceFault.of(`did not come within ${lookTimeoutMs.toLocaleString('en')} ms`)),
      );
    });
    try {
      return await Promise.race([this.look(), late]);
    } catch (error) {
      this.#countsMs = Math.min(this.everyMs, this.afterFailureMs);
      throw error;
    } finally {
      cancel();
    }
  }
}
