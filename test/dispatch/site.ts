import { Module } from '@nestjs/common';
import type { DynamicModule, INestApplicationContext, LoggerService } from '@nestjs/common';
import { BullModule } from '@nestjs/bull';
import { BullModule as BullMqModule } from '@nestjs/bullmq';
import { NestFactory } from '@nestjs/core';
import { EXDATA_DISPATCHER } from 'nestjs-exdata';
import { ExdataBullModule } from 'nestjs-exdata/bull';
import type { ExdataBullExtras, ExdataBullOptions } from 'nestjs-exdata/bull';
import { ExdataBullMqModule } from 'nestjs-exdata/bullmq';
import type { ExdataBullMqExtras, ExdataBullMqOptions } from 'nestjs-exdata/bullmq';
import type { DataSource } from 'typeorm';
import {
  AccountsLeft,
  Claims,
  InProcessDispatcher,
  systemClock,
  Waker,
  WorkService,
  WorkWatch,
} from '../../libs/exdata/src/dispatch/index.js';
import type {
  ExdataDispatcher,
  ExdataTransactions,
  ExdataJobRef,
  Worker,
  WorkFault,
  ExdataWorkReport,
} from '../../libs/exdata/src/dispatch/index.js';
import { transactionsFor } from '../../libs/exdata/src/persistence/index.js';
import type { TestRedis } from '../services.js';
import { ChoreJob, workerOf } from './chores.js';

export const dispatcherKinds = ['in process', 'bull', 'bullmq'] as const;
export type DispatcherKind = (typeof dispatcherKinds)[number];

export interface SiteOptions {
  readonly source: DataSource;
  readonly kind: DispatcherKind;
  /** Needed by the kinds that have a queue. */
  readonly redis?: TestRedis | undefined;
  readonly queue?: ExdataBullOptions & ExdataBullExtras & ExdataBullMqOptions & ExdataBullMqExtras;
  /** Default 50 ms; an hour keeps the sweeper out of what is tested. */
  readonly sweepEveryMs?: number;
  readonly leaseMs?: number;
  readonly retryFirstMs?: number;
  /** A process that has stalled: its renewals never reach the database, and it does not notice. */
  readonly stalled?: boolean;
  readonly logger?: LoggerService;
}

/** One process of an application: its workers and its dispatcher, over a database that others may share. */
export class Site {
  readonly faults: WorkFault[] = [];
  /** What the dispatcher was told of each row that it asked for. */
  readonly reports: { readonly ref: ExdataJobRef; readonly report: ExdataWorkReport }[] = [];
  readonly job: ChoreJob;
  readonly service: WorkService;
  readonly #worker: Worker;
  readonly #waker: Waker;

  private constructor(
    readonly dispatcher: ExdataDispatcher,
    readonly app: INestApplicationContext | undefined,
    { source, sweepEveryMs = 50, leaseMs = 30_000, retryFirstMs = 20, stalled = false }: SiteOptions,
  ) {
    const transactions = sharedTransactions(source);
    const claims = new Claims(source, transactions, 'test', new AccountsLeft());
    if (stalled) claims.renew = () => Promise.resolve(true);
    const watch = new WorkWatch(
      systemClock,
      () => 1,
      transactions,
      (fault) => this.faults.push(fault),
    );
    const retry = { firstMs: retryFirstMs, maxMs: retryFirstMs, totalMs: retryFirstMs * 3 };
    this.#worker = workerOf({ claims, transactions, clock: systemClock, leaseMs, retry, watch });
    this.job = new ChoreJob(transactions);
    const recording: ExdataDispatcher = {
      shared: dispatcher.shared,
      start: (work) =>
        dispatcher.start(async (ref) => {
          const report = await work(ref);
          this.reports.push({ ref, report });
          return report;
        }),
      dispatch: (ref) => dispatcher.dispatch(ref),
      stop: () => dispatcher.stop(),
    };
    const settings = { sweepEveryMs, sweepBatch: 100, leaseMs: 30_000, drainMs: 10_000, concurrency: 4 };
    this.service = new WorkService(claims, this.#worker, recording, systemClock, settings, watch);
    this.#waker = new Waker(recording, watch);
    this.service.register(this.job);
  }

  /** A site whose workers have not started. */
  static async build(options: SiteOptions): Promise<Site> {
    if (options.kind === 'in process') return new Site(new InProcessDispatcher(4), undefined, options);
    const app = await host(options);
    return new Site(app.get<ExdataDispatcher>(EXDATA_DISPATCHER, { strict: false }), app, options);
  }

  static async start(options: SiteOptions): Promise<Site> {
    const site = await Site.build(options);
    await site.service.start();
    return site;
  }

  dispatch(id: string): Promise<void> {
    return this.#waker.dispatch({ job: this.job.name, id });
  }

  /** As a dispatcher delivers a row, past the dispatcher. */
  deliver(id: string): Promise<ExdataWorkReport> {
    return this.#worker.work(this.job, id);
  }

  reportsOn(id: string): ExdataWorkReport[] {
    return this.reports.filter(({ ref }) => ref.id === id).map(({ report }) => report);
  }

  async stop(): Promise<void> {
    await this.service.stop();
    await this.app?.close();
  }
}

const transactionsOf = new WeakMap<DataSource, ExdataTransactions>();

/** Sites that share one connection to SQLite take turns on it. */
function sharedTransactions(source: DataSource): ExdataTransactions {
  const transactions = transactionsOf.get(source) ?? transactionsFor(source);
  transactionsOf.set(source, transactions);
  return transactions;
}

async function host({ kind, redis, queue = {}, logger }: SiteOptions): Promise<INestApplicationContext> {
  if (!redis) throw new Error(`${kind} needs a Redis`);
  // ioredis keeps a timer of this length for a connection that is gone already.
  const connection = { host: '127.0.0.1', port: redis.port, retryStrategy: () => 50, disconnectTimeout: 50 };
  const options = { worker: { concurrency: 4 }, ...queue };
  const imports: DynamicModule[] =
    kind === 'bull'
      ? [BullModule.forRoot({ redis: connection }), ExdataBullModule.forRoot(options)]
      : [BullMqModule.forRoot({ connection }), ExdataBullMqModule.forRoot(options)];

  @Module({ imports })
  class HostModule {}

  return NestFactory.createApplicationContext(HostModule, { logger: logger ?? false, abortOnError: false });
}
