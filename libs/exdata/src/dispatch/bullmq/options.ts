import type { RegisterQueueOptions } from '@nestjs/bullmq';
import type { JobsOptions, WorkerOptions } from 'bullmq';
import type { ExdataJobKind } from '../job-kinds.js';

/** Passed to BullMQ with each job, over `defaultJobOptions` of the queue. */
export type ExdataBullMqJobPolicy = Pick<
  JobsOptions,
  'attempts' | 'backoff' | 'keepLogs' | 'lifo' | 'priority' | 'removeOnComplete' | 'removeOnFail' | 'stackTraceLimit'
>;

/** Passed to BullMQ's workers; connection and prefix are the queue's. */
export type ExdataBullMqWorkerPolicy = Omit<WorkerOptions, 'autorun' | 'connection' | 'prefix' | 'skipLockRenewal'>;

export interface ExdataBullMqPolicy {
  /**
   * Default: a failed job comes back when its row is due (a backoff of our own, 1,000 attempts); the last 1,000
   * completed and 10,000 failed jobs are kept. With attempts of yours, a job that has used them up shows as failed, and
   * its row's next attempt is a new job; with a backoff of yours, a failed row waits for it even where the row is due
   * earlier.
   */
  readonly jobs?: ExdataBullMqJobPolicy;
  /** Default: eight jobs at once for each queue, no limiter. */
  readonly worker?: ExdataBullMqWorkerPolicy;
}

/** How jobs are queued and worked; may come from an async factory. */
export interface ExdataBullMqOptions extends ExdataBullMqPolicy {
  /** What differs for kinds of work that have a queue of their own, such as a limiter for `upload`. */
  readonly kinds?: Readonly<Partial<Record<ExdataJobKind, ExdataBullMqPolicy>>>;
  /**
   * How long a dispatch waits for Redis, in milliseconds; default 1,000. Past it the dispatch is dropped, and the
   * sweeper repeats it.
   */
  readonly commandTimeoutMs?: number;
}

/** Which queues there are; stands on the outer object, also in `forRootAsync`. */
export interface ExdataBullMqExtras {
  /**
   * As for `BullModule.registerQueue`: `name` (default `exdata`), `configKey`, `prefix`, `connection`,
   * `defaultJobOptions`.
   */
  queue?: Omit<RegisterQueueOptions, 'processors'>;
  /**
   * Kinds of work with a queue of their own, named `exdata-<kind>`, and what differs in its registration; all others
   * share one queue. Default `{ upload: {}, handler: {}, 'delivery-later': {} }`: neither a slow upload or handler of
   * yours holds up deliveries, nor do deliveries about documents of others and replays hold up those about yours.
   */
  queues?: Readonly<Partial<Record<ExdataJobKind, Omit<RegisterQueueOptions, 'name' | 'processors'>>>>;
}
