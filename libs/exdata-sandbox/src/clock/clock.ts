/** Ends a timer before it fires; harmless afterwards. */
export type CancelTimer = () => void;

/**
 * The simulator's only source of time. Processing, test-mode days and webhook retries all run on it.
 */
export interface SandboxClock {
  /** Milliseconds since the epoch. */
  now(): number;
  /**
   * Calls `callback` once, `ms` milliseconds from now. A returned promise is what a virtual clock waits for before it
   * moves on; it must not wait for another timer of the same clock.
   */
  setTimeout(callback: () => void | Promise<void>, ms: number): CancelTimer;
}

/** The machine's clock. Its timers do not keep the process alive: the listening server does. */
export const systemClock: SandboxClock = {
  now: () => Date.now(),
  setTimeout(callback, ms) {
    const timer = setTimeout(() => void callback(), ms);
    timer.unref();
    return () => {
      clearTimeout(timer);
    };
  },
};
