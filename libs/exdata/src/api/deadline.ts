/** Ends a call when its time is up or its caller gives up, whichever comes first. */
export class Deadline {
  /** Who ended the call; undefined while it runs. */
  endedBy: 'caller' | 'timeout' | undefined;
  readonly #controller = new AbortController();
  readonly #timer: NodeJS.Timeout;
  readonly #onCallerAbort = (): void => this.#end('caller');

  /** @param timeoutMs in milliseconds, from now */
  constructor(
    readonly timeoutMs: number,
    readonly caller: AbortSignal | undefined,
  ) {
    this.#timer = setTimeout(() => this.#end('timeout'), timeoutMs);
    if (caller?.aborted) this.#end('caller');
    // AbortSignal.any would stay behind on a caller's long-lived signal; this listener is taken off.
    else caller?.addEventListener('abort', this.#onCallerAbort, { once: true });
  }

  get signal(): AbortSignal {
    return this.#controller.signal;
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

  /** Takes timer and listener away; to be called when the call has ended. */
  clear(): void {
    clearTimeout(this.#timer);
    this.caller?.removeEventListener('abort', this.#onCallerAbort);
  }

  #end(by: 'caller' | 'timeout'): void {
    this.endedBy ??= by;
    this.#controller.abort();
  }
}
