import type { ExdataClock } from 'nestjs-exdata';

interface Timer {
  readonly due: number;
  readonly fire: () => void;
}

/** The system's time, with as much on top as the test skips. What falls due by skipping runs at once. */
export class ShiftedClock implements ExdataClock {
  #shift = 0;
  #stoodStillAt: number | undefined;
  readonly #timers = new Set<Timer>();

  now(): number {
    return (this.#stoodStillAt ?? Date.now()) + this.#shift;
  }

  /** From now on only what is skipped passes: for what a test counts by the minute or the hour. Timers go on. */
  standStill(): void {
    this.#stoodStillAt = Date.now();
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
