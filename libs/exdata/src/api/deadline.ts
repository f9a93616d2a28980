import type { Timers } from './timers.js';

/** Ends a call when its time is up or its caller gives up, whichever comes first. */
export class Deadline {
  /** Who ended the call; undefined while it runs. */
  endedBy: 'caller' | 'timeout' | undefined;
  readonly #controller = new AbortController();
  readonly #timers: Timers;
  readonly #endsAt: number;
  readonly #cancel: () => void;
  readonly #onCallerAbort = (): void => this.#end('caller');

  /** @param timeoutMs in milliseconds, from now */
  constructor(
    readonly timeoutMs: number,
    readonly caller: AbortSignal | undefined,
    timers: Timers,
  ) {
    this.#timers = timers;
    this.#endsAt = timers.now() + timeoutMs;
    this.#cancel = timers.after(timeoutMs, () => this.#end('timeout'));
    if (caller?.aborted) this.#end('caller');
    // AbortSignal.any would stay behind on a caller's long-lived signal; this listener is taken off.
    else caller?.addEventListener('abort', this.#onCallerAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
  }

  /** Milliseconds until the time is up. */
  get remainingMs(): number {
    return this.#endsAt - this.#timers.now();
  }

  /** Waits for the work, but not beyond the deadline. */
  async before<T>(work: T | Promise<T>): Promise<T> {
    const { signal } = this;
    signal.throwIfAborted();
    let stop = (): void => undefined;
    const over = new Promise<never>((_, reject) => {
      stop = (): void => reject(new Error('the call has ended'));
      signal.addEventListener('abort', stop, { once: true });
    });
    try {
      return await Promise.race([work, over]);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }

  /** Waits for so many milliseconds, but not beyond the deadline; leaves no timer behind. */
  async sleep(ms: number): Promise<void> {
    let cancel = (): void => undefined;
    const over = new Promise<void>((resolve) => (cancel = this.#timers.after(ms, resolve)));
    await this.before(over).finally(cancel);
  }

  /** Takes timer and listener away; to be called when the call has ended. */
  clear(): void {
    this.#cancel();
    this.caller?.removeEventListener('abort', this.#onCallerAbort);
  }

  #end(by: 'caller' | 'timeout'): void {
    this.endedBy ??= by;
    this.#controller.abort();
  }
}
