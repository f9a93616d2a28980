import type { ExdataClock } from '../../libs/exdata/src/dispatch/index.js';

/** Time that stands still until it is told to go on. */
export class TestClock implements ExdataClock {
  time = 1_000_000;
  readonly #timers = new Map<() => void, number>();

  /** Timers that are not due yet. */
  get waiting(): number {
    return this.#timers.size;
  }

  now(): number {
    return this.time;
  }

  after(ms: number, run: () => void): () => void {
    this.#timers.set(run, this.time + ms);
    return () => this.#timers.delete(run);
  }

  /** The time of day is so much earlier; timers run on. */
  setBack(ms: number): void {
    this.time -= ms;
    for (const [run, due] of this.#timers) this.#timers.set(run, due - ms);
  }

  advance(ms: number): void {
    this.time += ms;
    for (const [run] of [...this.#timers].filter(([, due]) => due <= this.time).sort((a, b) => a[1] - b[1])) {
      this.#timers.delete(run);
      run();
    }
  }
}
