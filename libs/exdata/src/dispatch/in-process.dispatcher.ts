import type { Dispatcher } from './dispatcher.js';
import type { JobRef } from './job.js';
import type { WorkReport } from './report.js';

/** Refs that wait for one kind of job; further ones are dropped, since the sweeper finds their rows again. */
const longestLine = 10_000;

/** Works rows in this process: each kind of job has its own line, so that slow uploads do not hold up deliveries. */
export class InProcessDispatcher implements Dispatcher {
  readonly shared = false;
  readonly #lines = new Map<string, Line>();
  readonly #concurrency: number;
  #work: ((ref: JobRef) => Promise<WorkReport>) | undefined;

  /** @param concurrency how many rows of one kind are worked on at once */
  constructor(concurrency: number) {
    this.#concurrency = concurrency;
  }

  start(work: (ref: JobRef) => Promise<WorkReport>): void {
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
    private readonly work: (ref: JobRef) => Promise<WorkReport>,
  ) {}

  add(ref: JobRef): void {
    if (this.#waiting.size >= longestLine) return;
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
      const done = this.work(ref).then(() => {
        this.#running.delete(id);
        this.#next();
      });
      this.#running.set(id, done);
    }
  }
}
