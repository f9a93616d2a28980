import type { Clock } from 'nestjs-exdata';

interface Timer {
  readonly due: number;
  readonly fire: () => void;
}

/** The system's time, with as much on top as the test skips. What falls due by skipping runs at once. */
export class ShiftedClock implements Clock {
  #shift = 0;
  readonly #timers = new Set<Timer>();

  now(): number {
    return Date.now() + this.#shift;
  }

  after(ms: number, run: () => void): () => void {
    const cancel = (): void => {
      clearTimeout(handle);
      this.#timers.delete(timer);
    };
    const fire = (): void => {
      cancel();
      run();
    };
    const timer: Timer = { due: this.now() + ms, fire };
    const handle = setTimeout(fire, ms);
    this.#timers.add(timer);
    return cancel;
  }

  /** Lets so many milliseconds pass at once. */
  skip(ms: number): void {
    this.#shift += ms;
    for (const { due, fire } of [...this.#timers].sort((a, b) => a.due - b.due)) if (due <= this.now()) fire();
  }
}
