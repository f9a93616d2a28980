import type { Dispatcher } from './dispatcher.js';
import type { JobRef } from './job.js';
import type { WorkReport } from './report.js';

/** One queue with its workers in this process. */
export interface QueueLine {
  start(work: (ref: JobRef) => Promise<WorkReport>): void;
  /** Sees to it that a job for the row waits. Never rejects, and answers within the gate's limit. */
  wake(ref: JobRef): Promise<void>;
  /** Takes no further jobs, and resolves when those that run have ended and are written. Never rejects. */
  stop(): Promise<void>;
}

/** Work over queues that many processes share: some kinds have a queue of their own, the others share one. */
export class QueueDispatcher implements Dispatcher {
  readonly shared = true;
  #state: 'idle' | 'running' | 'stopped' = 'idle';
  #stopping: Promise<void> | undefined;

  /** @param lines by the kind of work that they are for; `undefined` is the line of all other kinds */
  constructor(private readonly lines: ReadonlyMap<string | undefined, QueueLine>) {}

  start(work: (ref: JobRef) => Promise<WorkReport>): void {
    if (this.#state !== 'idle') return;
    this.#state = 'running';
    for (const line of this.lines.values()) line.start(work);
  }

  async dispatch(ref: JobRef): Promise<void> {
    // A process that has not started its workers may dispatch all the same: another may have.
    if (this.#state !== 'stopped') await (this.lines.get(ref.job) ?? this.lines.get(undefined))?.wake(ref);
  }

  stop(): Promise<void> {
    this.#state = 'stopped';
    this.#stopping ??= Promise.all([...this.lines.values()].map((line) => line.stop())).then(() => undefined);
    return this.#stopping;
  }
}
