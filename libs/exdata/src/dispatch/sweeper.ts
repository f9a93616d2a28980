import type { Claims, DueRow } from './claims.js';
import type { Clock } from './clock.js';
import type { Job } from './job.js';
import type { WorkRow } from './work.columns.js';
import type { WorkFault } from './worker.js';

export interface SweepSettings {
  /** Time between two looks for rows that are due and held by nobody, in milliseconds. */
  readonly sweepEveryMs: number;
  /** Rows read at once. */
  readonly sweepBatch: number;
}

/** Batches of each job in one look: what is left waits for the next, so that a backlog neither floods a queue nor holds up the other jobs. */
const batchesPerLook = 10;

/**
 * Looks every few seconds for rows whose dispatch was lost. Every process does, and needs no leader for it: a row that is dispatched
 * twice is claimed once.
 */
export class Sweeper {
  /** Where the last look at a job stopped, if it saw no end: a backlog is gone through, not begun anew each time. */
  readonly #places = new Map<string, DueRow>();
  #cancel: (() => void) | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    private readonly jobs: ReadonlyMap<string, Job<WorkRow>>,
    private readonly claims: Claims,
    private readonly dispatch: (job: string, id: string) => Promise<void>,
    private readonly clock: Clock,
    private readonly settings: SweepSettings,
    private readonly onFault: (fault: WorkFault) => void,
  ) {}

  /** The first look is at once: what a process that ended left behind is due now. */
  start(): void {
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
      this.#looking = this.#look().finally(() => this.#lookIn(this.settings.sweepEveryMs));
    });
  }

  async #look(): Promise<void> {
    for (const job of this.jobs.values()) {
      try {
        await this.#lookAt(job);
      } catch (error) {
        this.onFault({ ref: { job: job.name, id: '*' }, error });
      }
    }
  }

  async #lookAt(job: Job<WorkRow>): Promise<void> {
    const { sweepBatch } = this.settings;
    for (let batch = 0; batch < batchesPerLook && !this.#stopped; batch++) {
      const rows = await this.claims.due(job, this.clock.now(), sweepBatch, this.#places.get(job.name));
      await Promise.all(rows.map(({ id }) => this.dispatch(job.name, id)));
      const last = rows.at(-1);
      if (!last || rows.length < sweepBatch) {
        this.#places.delete(job.name);
        return;
      }
      this.#places.set(job.name, last);
    }
  }
}
