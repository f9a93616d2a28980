import type { SourceContext } from './source-context.js';
import { SourceFault } from './source-fault.js';

/** How long a look may take, in milliseconds. */
const lookTimeoutMs = 10_000;

/** Runs `look` at most every `everyMs` milliseconds, once for all who ask meanwhile, and gives what the last look gave. */
export class Refreshed<T> {
  #last: Promise<T> | undefined;
  #nextLookAt = 0;

  constructor(
    private readonly look: () => Promise<T>,
    private readonly everyMs: number,
    private readonly afterFailureMs: number,
    private readonly clock: SourceContext['clock'],
  ) {}

  get(): Promise<T> {
    if (this.#last && this.clock.now() < this.#nextLookAt) return this.#last;
    // Until this look has ended everybody waits for it.
    this.#nextLookAt = Infinity;
    const mine = this.#inTime().finally(() => {
      if (this.#nextLookAt === Infinity) this.#nextLookAt = this.clock.now() + this.everyMs;
    });
    this.#last = mine;
    return mine;
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
      this.#nextLookAt = this.clock.now() + Math.min(this.everyMs, this.afterFailureMs);
      throw error;
    } finally {
      cancel();
    }
  }
}
