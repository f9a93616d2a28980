import type { DoneCallback, Job, JobOptions, Queue } from 'bull';
import type { ExdataClock } from '../clock.js';
import type { ExdataWorkRef } from '../dispatcher.js';
import type { ExdataJobRef } from '../job.js';
import {
  AttemptFailedError,
  dataOf,
  failureText,
  manyAttempts,
  parkedMs,
  queueJobId,
  refIn,
  rowBackoff,
} from '../queue-job.js';
import type { QueueLine } from '../queue.dispatcher.js';
import type { RedisGate } from '../redis-gate.js';
import type { ExdataWorkReport } from '../report.js';
import { BullRest } from './bull-rest.js';
import type { ExdataBullJobPolicy, ExdataBullPolicy } from './options.js';

/** One Bull queue and its workers in this process. What became of a row is shown as the state of its job. */
export class BullLine implements QueueLine {
  readonly #jobs: ExdataBullJobPolicy;
  readonly #running = new Set<Promise<void>>();
  /** By job id, the passes whose row can go on later. */
  readonly #later = new Map<string, Pass>();
  readonly #rest: BullRest;
  #started = false;

  constructor(
    private readonly queue: Queue,
    defaultJobOptions: JobOptions | undefined,
    private readonly policy: ExdataBullPolicy,
    private readonly gate: RedisGate,
    private readonly clock: ExdataClock,
  ) {
    this.#jobs = {
      attempts: manyAttempts,
      backoff: { type: rowBackoff },
      removeOnComplete: { count: 1_000 },
      removeOnFail: { count: 10_000 },
      ...defaultJobOptions,
      ...policy.jobs,
    };
    this.#rest = new BullRest(queue, gate);
    queue.on('error', this.#rest.heard);
    // Bull names its connection without listening to the answer: one that closes before it came would end the process.
    const setWorkerName = queue.setWorkerName.bind(queue);
    queue.setWorkerName = () => setWorkerName().catch(() => undefined);
  }

  get workers(): number {
    return this.policy.worker?.concurrency ?? 8;
  }

  start(work: ExdataWorkRef): void {
    this.#started = true;
    this.queue.on('completed', (job: Job) => void this.#comeBack(String(job.id)));
    // Resolves when the queue is closed; while Redis is away it waits for it.
    this.queue
      .process('*', this.workers, (job: Job, done: DoneCallback) => {
        const running = this.#process(job, work).then((pass) => done(null, pass), done);
        this.#running.add(running);
        void running.finally(() => this.#running.delete(running));
      })
      .catch(this.#rest.heard);
    this.#rest.watchWorkers();
  }

  async wake(ref: ExdataJobRef): Promise<void> {
    await this.gate.send(() => this.#put(ref, 0));
  }

  async stop(): Promise<void> {
    if (!this.#started) return;
    await this.queue.pause(true, true).catch(this.#rest.heard);
    await Promise.all(this.#running);
    // What the jobs came to is written by Bull itself; a pause that waits tells when that is done.
    const asks = (commands: () => Promise<unknown>): Promise<boolean> =>
      this.gate.ask(() => commands().then(() => false));
    if ((await asks(() => this.queue.isPaused())) && (await asks(() => this.queue.pause(true)))) return;
    // A queue that closes in good order while Redis is away rejects where nobody listens, which ends the process: it is
    // closed here, without.
    const closing = this.queue.close(true).then(() => true, this.#rest.heard);
    if ((await this.gate.within(closing)) !== true) this.#endConnections();
    // Nest closes it once more, and is not to wait for a connection that may never tell of its end.
    this.queue.close = async () => {
      await this.gate.within(closing);
    };
  }

  /**
   * What Bull has not come to. A connection that was lost while it was being made takes itself for ready once it has
   * ended (ioredis), and never says that it has, which Bull waits for before it ends its timers.
   */
  #endConnections(): void {
    for (const client of this.queue.clients) {
      client.disconnect();
      client.emit('end');
    }
  }

  /** Sees to it that a job for the row waits, after `delay` milliseconds. Resolves to whether it wrote anything. */
  async #put(ref: ExdataJobRef, delay: number): Promise<boolean> {
    const jobId = queueJobId(ref);
    const job = await this.queue.getJob(jobId);
    const isOver = job?.finishedOn !== undefined;
    if (job && !isOver) return delay === 0 && (await this.#promote(job));
    // A job that is over keeps its id; the row has work again, so that its job makes room.
    if (job) await job.remove();
    await this.queue.add(ref.job, dataOf(ref), { ...this.#jobs, jobId, delay });
    return true;
  }

  /**
   * The row is due, so that its job is not to wait any longer; except for the host's own backoff, which is the host's
   * to decide.
   */
  async #promote(job: Job): Promise<boolean> {
    if (job.attemptsMade > 0 && backsOffAsHostSays(job)) return false;
    if (!(await job.isDelayed())) return false;
    await job.promote().catch(async (error: unknown) => {
      if (await job.isDelayed()) throw error;
    });
    return true;
  }

  async #process(job: Job, work: ExdataWorkRef): Promise<Pass> {
    const ref = await rowOf(job);
    const { outcome, dueAt, error = 'error' } = await work(ref);
    const pass = { ...ref, outcome, dueAt };
    if (outcome === 'waiting' || outcome === 'parked') this.#later.set(String(job.id), pass);
    if (outcome !== 'failed') return pass;
    if (dueAt !== null) throw new AttemptFailedError(ref, error, dueAt);
    await job.discard();
    throw new Error(failureText(ref, error));
  }

  /**
   * Bull ends each job that ran as completed or failed; a failure would be a lie, and burn an attempt, where a row only
   * waits. So the pass is completed, and the row's job is made anew, delayed until the row can go on.
   */
  async #comeBack(jobId: string): Promise<void> {
    const pass = this.#later.get(jobId);
    if (!pass || !this.#later.delete(jobId)) return;
    const now = this.clock.now();
    await this.gate.send(() => this.#put(pass, Math.max(1, (pass.dueAt ?? now + parkedMs) - now)));
  }
}

interface Pass extends ExdataJobRef, Pick<ExdataWorkReport, 'outcome' | 'dueAt'> {}

async function rowOf(job: Job): Promise<ExdataJobRef> {
  try {
    return refIn(job);
  } catch (error) {
    await job.discard();
    throw error;
  }
}

function backsOffAsHostSays({ opts: { backoff } }: Job): boolean {
  return backoff !== undefined && (typeof backoff === 'number' || backoff.type !== rowBackoff);
}
