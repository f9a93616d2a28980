import type { BullModuleOptions } from '@nestjs/bull';
import type { JobOptions } from 'bull';
import type { ExdataJobKind } from '../job-kinds.js';

/** Passed to Bull with each job, over `defaultJobOptions` of the queue. */
export type ExdataBullJobPolicy = Pick<
  JobOptions,
  'attempts' | 'backoff' | 'lifo' | 'priority' | 'removeOnComplete' | 'removeOnFail' | 'stackTraceLimit'
>;

export interface ExdataBullWorkerPolicy {
  /** Jobs of one queue that this process works on at once; default 8. */
  readonly concurrency?: number;
}

export interface ExdataBullPolicy {
  /**
   * Default: a failed job comes back when its row is due (a backoff of our own, 1,000 attempts); the last 1,000
   * completed and 10,000 failed jobs are kept. With attempts of yours, a job that has used them up shows as failed, and
   * its row's next attempt is a new job; with a backoff of yours, a failed row waits for it even where the row is due
   * earlier.
   */
  readonly jobs?: ExdataBullJobPolicy;
  readonly worker?: ExdataBullWorkerPolicy;
}

/** How jobs are queued and worked; may come from an async factory. */
export interface ExdataBullOptions extends ExdataBullPolicy {
  /** What differs for kinds of work that have a queue of their own, such as the concurrency of `upload`. */
  readonly kinds?: Readonly<Partial<Record<ExdataJobKind, ExdataBullPolicy>>>;
  /**
   * How long a dispatch waits for Redis, in milliseconds; default 1,000. Past it the dispatch is dropped, and the
   * sweeper repeats it.
   */
  readonly commandTimeoutMs?: number;
}

/** Which queues there are; stands on the outer object, also in `forRootAsync`. */
export interface ExdataBullExtras {
  /**
   * As for `BullModule.registerQueue`: `name` (default `exdata`), `configKey`, `prefix`, `redis`, `limiter`,
   * `settings`, `defaultJobOptions`.
   */
  queue?: Omit<BullModuleOptions, 'processors'>;
  /**
   * Kinds of work with a queue of their own, named `exdata-<kind>`, and what differs in its registration, such as a
   * limiter; all others share one queue. Default `{ upload: {}, handler: {}, 'delivery-later': {} }`: neither a slow
   * upload or handler of yours holds up deliveries, nor do deliveries about documents of others and replays hold up
   * those about yours.
   */
  queues?: Readonly<Partial<Record<ExdataJobKind, Omit<BullModuleOptions, 'name' | 'processors'>>>>;
}
