import type { Dispatcher } from './dispatcher.js';
import type { JobRef } from './job.js';

/** Works rows in this process: each kind of job has its own line, so that slow uploads do not hold up deliveries. */
export class InProcessDispatcher implements Dispatcher {
  readonly #lines = new Map<string, Line>();
  readonly #concurrency: number;
  #work: ((ref: JobRef) => Promise<void>) | undefined;

  /** @param concurrency how many rows of one kind are worked on at once */
  constructor(concurrency: number) {
    this.#concurrency = concurrency;
  }

  start(work: (ref: JobRef) => Promise<void>): void {
    this.#work = work;
  }

  dispatch(ref: JobRef): void {
    if (!this.#work) return;
    let line = this.#lines.get(ref.job);
    if (!line) this.#lines.set(ref.job, (line = new Line(this.#concurrency, this.#work)));
    line.add(ref);
  }

  async stop(): Promise<void> {
    this.#work = undefined;
    await Promise.all([...this.#lines.values()].map((line) => line.drain()));
  }
}

class Line {
  readonly #waiting = new Map<string, JobRef>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(
    private readonly concurrency: number,
    private readonly work: (ref: JobRef) => Promise<void>,
  ) {}

  add(ref: JobRef): void {
    this.#waiting.set(ref.id, ref);
    this.#next();
  }

  async drain(): Promise<void> {
    this.#waiting.clear();
    await Promise.all(this.#running.values());
  }

  #next(): void {
    for (const [id, ref] of this.#waiting) {
      if (this.#running.size >= this.concurrency) return;
      // A row that runs already stays in the line: what woke it may have come after the runner's last look.
      if (this.#running.has(id)) continue;
      this.#waiting.delete(id);
      const done = this.work(ref).finally(() => {
        this.#running.delete(id);
        this.#next();
      });
      this.#running.set(id, done);
    }
  }
}
