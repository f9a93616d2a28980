import type { ExdataDispatcher, ExdataWorkRef } from './dispatcher.js';
import type { ExdataJobRef } from './job.js';

/** Refs that wait for one kind of job; further ones are dropped, since the sweeper finds their rows again. */
const longestLine = 10_000;

/** Works rows in this process: each kind of job has its own line, so that slow uploads do not hold up deliveries. */
export class InProcessDispatcher implements ExdataDispatcher {
  readonly shared = false;
  readonly name = 'in-process';
  readonly #lines = new Map<string, Line>();
  readonly #concurrency: number;
  #work: ExdataWorkRef | undefined;

  /**
   * @param concurrency how many rows of one kind are worked on at once
   * @param fewer the same for kinds that are to leave room to others
   */
  constructor(
    concurrency: number,
    private readonly fewer: ReadonlyMap<string, number> = new Map(),
  ) {
    this.#concurrency = concurrency;
  }

  start(work: ExdataWorkRef): void {
    this.#work = work;
  }

  roomFor(job: string): number {
    return this.#work ? (this.#lines.get(job)?.room ?? this.#workersFor(job)) : 0;
  }

  dispatch(ref: ExdataJobRef): void {
    if (!this.#work) return;
    let line = this.#lines.get(ref.job);
    if (!line) this.#lines.set(ref.job, (line = new Line(this.#workersFor(ref.job), this.#work)));
    line.add(ref);
  }

  async stop(): Promise<void> {
    this.#work = undefined;
    await Promise.all([...this.#lines.values()].map((line) => line.drain()));
  }

  #workersFor(job: string): number {
    return this.fewer.get(job) ?? this.#concurrency;
  }
}

class Line {
  readonly #waiting = new Map<string, ExdataJobRef>();
  readonly #running = new Map<string, Promise<void>>();

  constructor(
    private readonly concurrency: number,
    private readonly work: ExdataWorkRef,
  ) {}

  /** Workers that have nothing to do. */
  get room(): number {
    return this.concurrency - this.#running.size - this.#waiting.size;
  }

  add(ref: ExdataJobRef): void {
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
