import { DelayedError, UnrecoverableError, Worker } from 'bullmq';
import type { Job, Queue } from 'bullmq';
import { z } from 'zod';
import type { Clock } from '../clock.js';
import type { JobRef } from '../job.js';
import { AttemptFailedError, failureText, manyAttempts, parkedMs, queueJobId, refIn, rowBackoff, rowDelay } from '../queue-job.js';
import type { QueueLine } from '../queue.dispatcher.js';
import type { RedisGate } from '../redis-gate.js';
import type { WorkReport } from '../report.js';
import { endConnection, whenConnected } from './connection.js';
import type { ExdataBullMqJobPolicy, ExdataBullMqPolicy, ExdataBullMqWorkerPolicy } from './options.js';

type Work = (ref: JobRef) => Promise<WorkReport>;

/** One BullMQ queue and its worker. What became of a row is shown as the state of its job. */
export class BullMqLine implements QueueLine {
  readonly #jobs: ExdataBullMqJobPolicy;
  readonly #running = new Set<Promise<unknown>>();
  #worker: Worker | undefined;

  constructor(
    private readonly queue: Queue,
    private readonly policy: ExdataBullMqPolicy,
    private readonly gate: RedisGate,
    private readonly clock: Clock,
  ) {
    this.#jobs = {
      attempts: manyAttempts,
      backoff: { type: rowBackoff },
      removeOnComplete: { count: 1_000 },
      removeOnFail: { count: 10_000 },
      ...queue.defaultJobOptions,
      ...policy.jobs,
    };
    queue.on('error', gate.heard);
  }

  start(work: Work): void {
    const { connection, prefix, telemetry } = this.queue.opts;
    const { settings, ...policy }: ExdataBullMqWorkerPolicy = this.policy.worker ?? {};
    this.#worker = new Worker(this.queue.name, (job, token) => this.#process(job, token, (ref) => this.#tracked(work(ref))), {
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
          type === rowBackoff ? rowDelay(error, this.clock.now()) : (settings?.backoffStrategy?.(attemptsMade, type, error, job) ?? 0),
      },
    });
    this.#worker.on('error', this.gate.heard);
  }

  async wake(ref: JobRef): Promise<void> {
    await this.#send(() => this.#wake(ref));
  }

  async stop(): Promise<void> {
    await this.#worker?.pause(true);
    await Promise.all(this.#running);
    const answers = await this.#send(() => this.queue.isPaused());
    // Without Redis, neither a worker nor a queue with a command under way would ever close in good order.
    const closing = [this.#worker?.close(!answers) ?? Promise.resolve(), ...(answers ? [] : [endConnection(this.queue)])];
    await this.gate.within(Promise.allSettled(closing));
  }

  /** A client that has lost its connection keeps commands for later, and could not be closed before they are sent: it is given none. */
  #send(commands: () => Promise<unknown>): Promise<boolean> {
    return this.gate.send(async () => {
      await whenConnected(this.queue);
      await commands();
    });
  }

  async #wake(ref: JobRef): Promise<void> {
    const jobId = queueJobId(ref);
    const state = await this.queue.getJobState(jobId);
    if (state === 'delayed') await this.#promote(jobId);
    // A job that is over keeps its id; the row has work again, so that its job makes room.
    if (state === 'completed' || state === 'failed') await this.queue.remove(jobId);
    if (state === 'completed' || state === 'failed' || state === 'unknown')
      await this.queue.add(ref.job, { job: ref.job, id: ref.id }, { ...this.#jobs, jobId });
  }

  /** The row is due, so that its job is not to wait any longer; except for the host's own backoff, which is the host's to decide. */
  async #promote(jobId: string): Promise<void> {
    const job: Job | undefined = await this.queue.getJob(jobId);
    if (!job || (job.attemptsMade > 0 && !isParked(job) && this.#backsOffAsHostSays(job))) return;
    await job.promote().catch(async (error: unknown) => {
      if ((await this.queue.getJobState(jobId)) === 'delayed') throw error;
    });
  }

  #backsOffAsHostSays({ opts: { backoff } }: Job): boolean {
    return backoff !== undefined && (typeof backoff === 'number' || backoff.type !== rowBackoff);
  }

  async #process(job: Job, token: string | undefined, work: Work): Promise<unknown> {
    const ref = refIn(job.data);
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
  #tracked(working: Promise<WorkReport>): Promise<WorkReport> {
    this.#running.add(working);
    return working.finally(() => this.#running.delete(working));
  }
}

const parkedMark = z.object({ parked: z.literal(true) });

function isParked(job: Job): boolean {
  return parkedMark.safeParse(job.data).success;
}
