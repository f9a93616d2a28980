import { DelayedError, UnrecoverableError, Worker } from 'bullmq';
import type { Job, Queue, Telemetry } from 'bullmq';
import { z } from 'zod';
import { Backoff } from '../backoff.js';
import type { ExdataClock } from '../clock.js';
import type { Within, ExdataWorkRef } from '../dispatcher.js';
import type { ExdataJobRef } from '../job.js';
import {
  AttemptFailedError,
  dataOf,
  failureText,
  ForeignJobError,
  manyAttempts,
  parkedMs,
  queueJobId,
  refIn,
  rowBackoff,
  rowDelay,
} from '../queue-job.js';
import type { QueueLine } from '../queue.dispatcher.js';
import { isAboutAJob, isConnectionError } from '../redis-errors.js';
import { redisBackoff } from '../redis-gate.js';
import type { RedisGate } from '../redis-gate.js';
import type { ExdataWorkReport } from '../report.js';
import { endConnection, whenConnected } from './connection.js';
import type { ExdataBullMqJobPolicy, ExdataBullMqPolicy, ExdataBullMqWorkerPolicy } from './options.js';

/** One BullMQ queue and its worker. What became of a row is shown as the state of its job. */
export class BullMqLine implements QueueLine {
  readonly #jobs: ExdataBullMqJobPolicy;
  readonly #running = new Set<Promise<unknown>>();
  readonly #rest: Backoff;
  #worker: Worker | undefined;
  #cancelRest: (() => void) | undefined;
  #isStopped = false;

  constructor(
    private readonly queue: Queue,
    private readonly policy: ExdataBullMqPolicy,
    private readonly gate: RedisGate,
    private readonly clock: ExdataClock,
  ) {
    this.#jobs = {
      attempts: manyAttempts,
      backoff: { type: rowBackoff },
      removeOnComplete: { count: 1_000 },
      removeOnFail: { count: 10_000 },
      ...queue.defaultJobOptions,
      ...policy.jobs,
    };
    this.#rest = new Backoff(redisBackoff, gate.random);
    queue.on('error', gate.heard);
  }

  get workers(): number {
    return this.policy.worker?.concurrency ?? 8;
  }

  start(work: ExdataWorkRef): void {
    const { connection, prefix, telemetry } = this.queue.opts;
    const { settings, ...policy }: ExdataBullMqWorkerPolicy = this.policy.worker ?? {};
    this.#worker = new Worker(
      this.queue.name,
      (job, token) => this.#process(job, token, (ref) => this.#tracked(work(ref, inContextOf(telemetry)))),
      {
        concurrency: 8,
        // A job whose process died runs again within a lease's time, not within two of BullMQ's half minutes.
        lockDuration: 10_000,
        stalledInterval: 5_000,
        ...(telemetry && { telemetry }),
        ...policy,
        connection,
        ...(prefix !== undefined && { prefix }),
        settings: {
          ...settings,
          backoffStrategy: (attemptsMade, type, error, job) =>
            type === rowBackoff
              ? rowDelay(error, this.clock.now())
              : (settings?.backoffStrategy?.(attemptsMade, type, error, job) ?? 0),
        },
      },
    );
    this.#worker.on('error', this.#heard);
    this.#worker.on('active', this.#works);
    this.#worker.on('drained', this.#works);
  }

  async wake(ref: ExdataJobRef): Promise<void> {
    await this.gate.send(() => this.#connected(() => this.#wake(ref)));
  }

  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancelRest?.();
    await this.#worker?.pause(true);
    await Promise.all(this.#running);
    const answers = await this.gate.ask(() => this.#connected(() => this.queue.isPaused().then(() => false)));
    // Without Redis, neither a worker nor a queue with a command under way would ever close in good order.
    const closing = [
      this.#worker?.close(!answers) ?? Promise.resolve(),
      ...(answers ? [] : [endConnection(this.queue)]),
    ];
    await this.gate.within(Promise.allSettled(closing));
  }

  /**
   * A client that has lost its connection keeps commands for later, and could not be closed before they are sent: it is
   * given none.
   */
  async #connected<T>(commands: () => Promise<T>): Promise<T> {
    await whenConnected(this.queue);
    return commands();
  }

  /**
   * BullMQ's worker asks again at once where Redis refuses: it is paused for a while that grows. A connection that is
   * lost has waits of its own, those of its `retryStrategy`.
   */
  readonly #heard = (error: unknown): void => {
    if (!this.gate.isRefusing) this.#rest.reset();
    this.gate.heard(error);
    if (this.#cancelRest || this.#isStopped || isConnectionError(error) || isAboutAJob(error)) return;
    this.#pauseFor(this.#rest.next());
  };

  #pauseFor(ms: number): void {
    void this.#worker?.pause(true);
    this.#cancelRest = this.clock.after(ms, () => {
      this.#cancelRest = undefined;
      void this.#worker?.resume();
      // BullMQ 5 resumes none whose last jobs still run.
      if (this.#worker?.isPaused() === true) this.#pauseFor(redisBackoff.firstMs);
    });
  }

  readonly #works = (): void => {
    this.#rest.reset();
    this.gate.works();
  };

  /** Resolves to whether it wrote anything. */
  async #wake(ref: ExdataJobRef): Promise<boolean> {
    const jobId = queueJobId(ref);
    const state = await this.queue.getJobState(jobId);
    if (state === 'delayed') return this.#promote(jobId);
    const isOver = state === 'completed' || state === 'failed';
    // A job that is over keeps its id; the row has work again, so that its job makes room.
    if (isOver) await this.queue.remove(jobId);
    if (!isOver && state !== 'unknown') return false;
    await this.queue.add(ref.job, dataOf(ref), { ...this.#jobs, jobId });
    return true;
  }

  /**
   * The row is due, so that its job is not to wait any longer; except for the host's own backoff, which is the host's
   * to decide.
   */
  async #promote(jobId: string): Promise<boolean> {
    const job: Job | undefined = await this.queue.getJob(jobId);
    if (!job || (job.attemptsMade > 0 && !isParked(job) && this.#backsOffAsHostSays(job))) return false;
    await job.promote().catch(async (error: unknown) => {
      if ((await this.queue.getJobState(jobId)) === 'delayed') throw error;
    });
    return true;
  }

  #backsOffAsHostSays({ opts: { backoff } }: Job): boolean {
    return backoff !== undefined && (typeof backoff === 'number' || backoff.type !== rowBackoff);
  }

  async #process(job: Job, token: string | undefined, work: ExdataWorkRef): Promise<unknown> {
    const ref = rowOf(job);
    const report = await work(ref);
    const { outcome, dueAt, error = 'error' } = report;
    if (outcome === 'waiting' || outcome === 'parked') {
      const parked = outcome === 'parked';
      if (parked !== isParked(job)) await job.updateData({ ...ref, ...(parked && { parked }) });
      await job.moveToDelayed(dueAt ?? this.clock.now() + parkedMs, token);
      throw new DelayedError();
    }
    if (outcome !== 'failed') return { outcome };
    if (dueAt === null) throw new UnrecoverableError(failureText(ref, error));
    throw new AttemptFailedError(ref, error, dueAt);
  }

  /** Only the work on the row: what the queue writes after it may wait for Redis for long. */
  #tracked(working: Promise<ExdataWorkReport>): Promise<ExdataWorkReport> {
    this.#running.add(working);
    return working.finally(() => this.#running.delete(working));
  }
}

/** The span that BullMQ's own telemetry has around a job is that job's. */
function inContextOf(telemetry: Telemetry | undefined): Within | undefined {
  if (!telemetry) return undefined;
  const { contextManager } = telemetry;
  const active: unknown = contextManager.active();
  return (run) => contextManager.with(active, run as () => never);
}

function rowOf(job: Job): ExdataJobRef {
  try {
    return refIn(job);
  } catch (error) {
    throw error instanceof ForeignJobError ? new UnrecoverableError(error.message) : error;
  }
}

const parkedMark = z.object({ parked: z.literal(true) });

function isParked(job: Job): boolean {
  return parkedMark.safeParse(job.data).success;
}
