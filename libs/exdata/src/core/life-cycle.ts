import { Injectable } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { inOwnContext, WorkService } from '../dispatch/index.js';
import type { Job, WorkRow } from '../dispatch/index.js';
import { ExdataAccounts } from '../documents/index.js';
import { Inject, token } from '../injection/index.js';
import { StartChecks } from './start-checks.js';
import { StartReport } from './start-report.js';

/** What goes on for as long as the application does. */
export interface LongRunning {
  start?(): void | Promise<void>;
  stop(): Promise<void>;
}

/** All kinds of work there are. */
export const EXDATA_JOBS = token<readonly Job<WorkRow>[]>('jobs');

/** In the order in which they start; they are stopped in the opposite one. */
export const EXDATA_LONG_RUNNING = token<readonly LongRunning[]>('long-running');

/**
 * Starts the work once every module of the application is ready, and drains it while the database and the queues are
 * still there.
 */
@Injectable()
export class ExdataLifeCycle implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  constructor(
    @Inject(StartChecks) private readonly checks: StartChecks,
    @Inject(StartReport) private readonly report: StartReport,
    @Inject(EXDATA_LONG_RUNNING) private readonly longRunning: readonly LongRunning[],
    @Inject(ExdataAccounts) private readonly accounts: ExdataAccounts,
    @Inject(WorkService) work: WorkService,
    @Inject(EXDATA_JOBS) jobs: readonly Job<WorkRow>[],
  ) {
    for (const job of jobs) work.register(job);
  }

  /** What begins here is to know nothing of whoever started the application. */
  onApplicationBootstrap(): Promise<void> {
    return inOwnContext(() => this.#start());
  }

  async beforeApplicationShutdown(): Promise<void> {
    for (const each of this.longRunning.toReversed()) await each.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.accounts.close();
  }

  async #start(): Promise<void> {
    await this.checks.run();
    await this.report.tellOfOtherModes();
    for (const each of this.longRunning) await each.start?.();
    this.report.tellOfStart();
  }
}
