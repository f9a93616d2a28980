import { Injectable } from '@nestjs/common';
import type { BirthRef } from './births.js';
import { Claims } from './claims.js';
import { EXDATA_CLOCK } from './clock.js';
import type { ExdataClock } from './clock.js';
import { EXDATA_DISPATCHER } from './dispatcher.js';
import type { ExdataDispatcher, ExdataWorkRef } from './dispatcher.js';
import type { ExdataFault } from './fault-book.js';
import { InProcessDispatcher } from './in-process.dispatcher.js';
import type { Job, ExdataJobRef } from './job.js';
import { inOwnContext } from './own-context.js';
import type { ExdataWorkReport } from './report.js';
import { nothing } from './report.js';
import { Shares } from './shares.js';
import { Sweeper } from './sweeper.js';
import type { SweepSettings } from './sweeper.js';
import { Turns } from './turns.js';
import { Waker } from './waker.js';
import type { WorkRow } from './work.columns.js';
import { WorkWatch } from './work-watch.js';
import { Worker } from './worker.js';
import { EXDATA_WORK_SETTINGS } from './work-settings.js';
import { Inject } from '../injection/index.js';

/** A row whose group has its share of the workers is looked at again after so long, in milliseconds. */
const fullMs = 2_000;
/**
 * Over a queue, rows that go back because their group is full keep so much time apart, in milliseconds: each costs
 * commands.
 */
const queuePaceMs = 20;

export interface WorkSettings extends SweepSettings {
  /** Rows of one kind worked on at once, where the dispatcher does not say otherwise. */
  readonly concurrency: number;
  /** How long shutdown waits for running work, in milliseconds. */
  readonly drainMs: number;
}

/** The jobs of the module: dispatches their rows, and sweeps up those whose dispatch was lost. */
@Injectable()
export class WorkService {
  readonly #jobs = new Map<string, Job<WorkRow>>();
  /** By each kind of work that the job's rows are dispatched as. */
  readonly #kinds = new Map<string, Job<WorkRow>>();
  readonly #sweeper: Sweeper;
  readonly #waker: Waker;
  readonly #turns = new Turns();
  readonly #shares = new Map<string, Shares>();
  /** For rows that other processes have let drop which share a queue with this one, and cannot work on them. */
  readonly #here: InProcessDispatcher;
  #state: 'idle' | 'running' | 'stopped' = 'idle';

  constructor(
    @Inject(Claims) private readonly claims: Claims,
    @Inject(Worker) private readonly worker: Worker,
    @Inject(EXDATA_DISPATCHER) private readonly dispatcher: ExdataDispatcher,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(EXDATA_WORK_SETTINGS) private readonly settings: WorkSettings,
    @Inject(WorkWatch) watch: WorkWatch,
  ) {
    this.#waker = new Waker(dispatcher, watch);
    this.#here = new InProcessDispatcher(settings.concurrency);
    this.#sweeper = new Sweeper(this.#jobs, claims, (...due) => this.#sweep(...due), clock, settings, watch);
  }

  get running(): boolean {
    return this.#state === 'running';
  }

  /** What keeps work from being handed out, as the dispatcher tells. */
  faults(): readonly ExdataFault[] {
    return this.dispatcher.faults?.() ?? [];
  }

  /** Adds a job; all are added before {@link start}. */
  register<Row extends WorkRow>(job: Job<Row>): void {
    if (this.#jobs.has(job.name)) throw new Error(`job ${job.name} is registered twice`);
    this.#jobs.set(job.name, job);
    this.#kinds.set(job.name, job);
    if (job.later) this.#kinds.set(job.later, job);
    const { groups } = job;
    if (!groups) return;
    const workers = this.dispatcher.workersFor?.(job.name) ?? this.settings.concurrency;
    this.#shares.set(
      job.name,
      new Shares(workers, () => groups.among(), this.clock, this.dispatcher.shared ? queuePaceMs : 0),
    );
  }

  /** @param clockWasSetBack since a process last ran: then whatever waits is due at once */
  async start(clockWasSetBack = false): Promise<void> {
    if (this.#state !== 'idle') return;
    this.#state = 'running';
    const work: ExdataWorkRef = (ref, within) =>
      inOwnContext(() => (within ? within(() => this.#work(ref)) : this.#work(ref)));
    this.#here.start(work);
    await inOwnContext(() => this.dispatcher.start(work));
    this.worker.births.begin((ref) => this.#roomFor(ref));
    inOwnContext(() => this.#sweeper.start(clockWasSetBack));
  }

  /** Ends the sweeps, tells running work to end and waits for it, at most `drainMs`. Safe to call twice. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.worker.births.end();
    const stopping = [this.#sweeper.stop(), this.dispatcher.stop(), this.#here.stop()];
    this.worker.stop();
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.clock.after(this.settings.drainMs, resolve);
    });
    await Promise.race([Promise.all(stopping).then(() => this.#giveBack()), late]);
    cancel();
  }

  /** Rows that were born here are worked on here: over a queue another process may get their refs. */
  #roomFor({ job, group }: BirthRef): number | null {
    if (this.dispatcher.shared) return null;
    const shares = group === undefined ? undefined : this.#shares.get(job);
    return shares && group !== undefined && !shares.hasRoom(group) ? 0 : (this.dispatcher.roomFor?.(job) ?? 0);
  }

  /** What was born here and has not begun is others' to take. */
  async #giveBack(): Promise<void> {
    for (const ref of this.worker.births.waiting) {
      const job = this.#kinds.get(ref.job);
      if (job) await this.worker.giveBack(job, ref, 'shutdown');
    }
  }

  /** What is due for longer than a sweep may have been taken off the queue by a process that cannot work on it. */
  async #sweep(job: Job<WorkRow>, ref: ExdataJobRef, dueAt: number): Promise<void> {
    const isLate = this.clock.now() - dueAt >= this.settings.sweepEveryMs;
    if (isLate && this.dispatcher.shared && this.claims.isPartial(job)) this.#here.dispatch(ref);
    else await this.#waker.dispatch(ref);
  }

  async #work(ref: ExdataJobRef): Promise<ExdataWorkReport> {
    const job = this.#kinds.get(ref.job);
    await this.#turns.mine(ref.job === job?.later);
    // Another version of the application may know the job: its sweeper repeats what is dropped here.
    if (!job) return nothing;
    const shares = ref.group === undefined ? undefined : this.#shares.get(ref.job);
    if (!shares || ref.group === undefined) return this.worker.work(job, ref.id);
    const leave = await shares.enter(ref.group);
    if (!leave) {
      await this.worker.giveBack(job, ref, 'busy');
      return { outcome: 'waiting', dueAt: this.clock.now() + fullMs };
    }
    try {
      return await this.worker.work(job, ref.id);
    } finally {
      leave();
    }
  }
}
