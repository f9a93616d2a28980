import type { Claims, DueRow } from './claims.js';
import type { ExdataClock } from './clock.js';
import type { Job, ExdataJobRef } from './job.js';
import { nextTurn } from './turns.js';
import type { WorkRow } from './work.columns.js';
import type { WorkWatch } from './work-watch.js';

export interface SweepSettings {
  /** Time between two looks for rows that are due and held by nobody, in milliseconds. */
  readonly sweepEveryMs: number;
  /** Rows read at once. */
  readonly sweepBatch: number;
  /** How long a row is held by a worker, in milliseconds. */
  readonly leaseMs: number;
}

/**
 * Batches of each job in one look: what is left waits for the next, so that a backlog neither floods a queue nor holds
 * up the other jobs.
 */
const batchesPerLook = 10;

/**
 * Looks every few seconds for rows whose dispatch was lost. Every process does, and needs no leader for it: a row that
 * is dispatched twice is claimed once.
 */
export class Sweeper {
  /** Where the last look at a job stopped, if it saw no end: a backlog is gone through, not begun anew each time. */
  readonly #places = new Map<string, DueRow>();
  #cancel: (() => void) | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;
  #lookedAt = -Infinity;
  #wasSetBack = false;

  constructor(
    private readonly jobs: ReadonlyMap<string, Job<WorkRow>>,
    private readonly claims: Claims,
    private readonly dispatch: (job: Job<WorkRow>, ref: ExdataJobRef, dueAt: number) => Promise<void>,
    private readonly clock: ExdataClock,
    private readonly settings: SweepSettings,
    private readonly watch: WorkWatch,
  ) {}

  /**
   * The first look is at once: what a process that ended left behind is due now.
   * @param wasSetBack whether the clock was, since a process last looked
   */
  start(wasSetBack: boolean): void {
    this.#wasSetBack = wasSetBack;
    this.#lookIn(0);
  }

  /** Resolves when the look under way, if there is one, has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#looking;
  }

  #lookIn(ms: number): void {
    if (this.#stopped) return;
    this.#cancel = this.clock.after(ms, () => {
      this.#looking = this.#look().finally(() => this.#lookIn(Math.max(this.settings.sweepEveryMs, this.watch.restMs)));
    });
  }

  async #look(): Promise<void> {
    const now = this.clock.now();
    // Looks are some seconds apart by the timers, which no clock moves.
    this.#wasSetBack ||= now < this.#lookedAt;
    this.#lookedAt = now;
    if (this.#wasSetBack) await this.#each((job) => job.afterClockSetBack?.());
    if (this.#wasSetBack && (await this.#each((job) => this.#forgetWaits(job)))) this.#wasSetBack = false;
    await this.#each((job) => this.#lookAt(job));
  }

  /** One after the other. @returns whether none failed */
  async #each(work: (job: Job<WorkRow>) => Promise<void> | undefined): Promise<boolean> {
    let all = true;
    for (const job of this.jobs.values()) {
      // Where the database is away, one attempt tells as much as one for each job.
      if (this.watch.restMs > 0) return false;
      try {
        await work(job);
      } catch (error) {
        all = false;
        this.watch.unreached({ job: job.name, id: '*' }, error);
      }
    }
    return all;
  }

  #forgetWaits(job: Job<WorkRow>): Promise<void> {
    this.#places.delete(job.name);
    return this.claims.afterClockSetBack(job, this.clock.now(), this.settings.leaseMs);
  }

  async #lookAt(job: Job<WorkRow>): Promise<void> {
    const { sweepBatch } = this.settings;
    for (let batch = 0; batch < batchesPerLook && !this.#stopped; batch++) {
      await nextTurn();
      const rows = await this.claims.due(job, this.clock.now(), sweepBatch, this.#places.get(job.name));
      this.watch.reached();
      const refs = job.sort
        ? await job.sort(rows.map(({ id }) => id))
        : rows.map(({ id, group }) => ({ job: job.name, id, group }));
      const dueAt = new Map(rows.map((row) => [row.id, row.dueAt]));
      await Promise.all(refs.map((ref) => this.dispatch(job, ref, dueAt.get(ref.id) ?? 0)));
      const last = rows.at(-1);
      if (!last || rows.length < sweepBatch) {
        this.#places.delete(job.name);
        return;
      }
      this.#places.set(job.name, last);
    }
  }
}
