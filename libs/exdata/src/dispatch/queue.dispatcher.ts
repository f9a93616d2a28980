import type { ExdataDispatcher, ExdataWorkRef } from './dispatcher.js';
import type { ExdataFault } from './fault-book.js';
import type { ExdataJobRef } from './job.js';

/** One queue with its workers in this process. */
export interface QueueLine {
  /** Jobs worked on at once in this process. */
  readonly workers: number;
  start(work: ExdataWorkRef): void;
  /** Sees to it that a job for the row waits. Never rejects, and answers within the gate's limit. */
  wake(ref: ExdataJobRef): Promise<void>;
  /** Takes no further jobs, and resolves when those that run have ended and are written. Never rejects. */
  stop(): Promise<void>;
}

/** Work over queues that many processes share: some kinds have a queue of their own, the others share one. */
export class QueueDispatcher implements ExdataDispatcher {
  readonly shared = true;
  #state: 'idle' | 'running' | 'stopped' = 'idle';
  #stopping: Promise<void> | undefined;

  /**
   * @param name of the library whose queues they are
   * @param lines by the kind of work that they are for; `undefined` is the line of all other kinds
   */
  constructor(
    readonly name: 'bull' | 'bullmq',
    private readonly lines: ReadonlyMap<string | undefined, QueueLine>,
    readonly faults: () => ExdataFault[],
  ) {}

  workersFor(job: string): number {
    const own = this.lines.get(job)?.workers;
    // In a queue that kinds share, one kind is to leave room for the others.
    return own ?? Math.max(1, (this.lines.get(undefined)?.workers ?? 1) - 1);
  }

  start(work: ExdataWorkRef): void {
    if (this.#state !== 'idle') return;
    this.#state = 'running';
    for (const line of this.lines.values()) line.start(work);
  }

  async dispatch(ref: ExdataJobRef): Promise<void> {
    // A process that has not started its workers may dispatch all the same: another may have.
    if (this.#state !== 'stopped') await (this.lines.get(ref.job) ?? this.lines.get(undefined))?.wake(ref);
  }

  stop(): Promise<void> {
    this.#state = 'stopped';
    this.#stopping ??= Promise.all([...this.lines.values()].map((line) => line.stop())).then(() => undefined);
    return this.#stopping;
  }
}
