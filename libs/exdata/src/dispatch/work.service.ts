import type { Claims } from './claims.js';
import type { Clock } from './clock.js';
import type { Dispatcher } from './dispatcher.js';
import type { Job, JobRef } from './job.js';
import type { WorkRow } from './work.columns.js';
import type { WorkFault, Worker } from './worker.js';

export interface SweepSettings {
  /** Time between two looks for rows that are due and held by nobody, in milliseconds. */
  readonly sweepEveryMs: number;
  /** Rows dispatched of each job in one look. */
  readonly sweepBatch: number;
  /** How long shutdown waits for running work, in milliseconds. */
  readonly drainMs: number;
}

/** The jobs of the module: dispatches their rows, and sweeps up those whose dispatch was lost. */
export class WorkService {
  readonly #jobs = new Map<string, Job<WorkRow>>();
  #cancelSweep: (() => void) | undefined;
  #sweeping: Promise<void> = Promise.resolve();
  #state: 'idle' | 'running' | 'stopped' = 'idle';

  constructor(
    private readonly claims: Claims,
    private readonly worker: Worker,
    private readonly dispatcher: Dispatcher,
    private readonly clock: Clock,
    private readonly settings: SweepSettings,
    private readonly onFault: (fault: WorkFault) => void,
  ) {}

  get running(): boolean {
    return this.#state === 'running';
  }

  /** Adds a job; all are added before {@link start}. */
  register<Row extends WorkRow>(job: Job<Row>): void {
    if (this.#jobs.has(job.name)) throw new Error(`job ${job.name} is registered twice`);
    this.#jobs.set(job.name, job);
  }

  async start(): Promise<void> {
    if (this.#state !== 'idle') return;
    this.#state = 'running';
    await this.dispatcher.start((ref) => this.#work(ref));
    this.#sweepLater(0);
  }

  /** Asks for a row to be worked on soon. Never rejects: the sweeper repeats what is lost here. */
  async dispatch(job: string, id: string): Promise<void> {
    try {
      await this.dispatcher.dispatch({ job, id });
    } catch (error) {
      this.onFault({ ref: { job, id }, error });
    }
  }

  /** Dispatches what a committed transaction has made due. */
  async dispatchAll(refs: readonly JobRef[]): Promise<void> {
    await Promise.all(refs.map(({ job, id }) => this.dispatch(job, id)));
  }

  /** Ends the sweeps, tells running work to end and waits for it, at most `drainMs`. Safe to call twice. */
  async stop(): Promise<void> {
    this.#state = 'stopped';
    this.#cancelSweep?.();
    this.worker.stop();
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.clock.after(this.settings.drainMs, resolve);
    });
    await Promise.race([Promise.all([this.dispatcher.stop(), this.#sweeping]), late]);
    cancel();
  }

  async #work(ref: JobRef): Promise<void> {
    const job = this.#jobs.get(ref.job);
    if (job) await this.worker.work(job, ref.id);
  }

  #sweepLater(ms: number): void {
    this.#cancelSweep = this.clock.after(ms, () => {
      this.#sweeping = this.#sweep().finally(() => {
        if (this.#state === 'running') this.#sweepLater(this.settings.sweepEveryMs);
      });
    });
  }

  async #sweep(): Promise<void> {
    for (const job of this.#jobs.values()) {
      try {
        const ids = await this.claims.due(job, this.clock.now(), this.settings.sweepBatch);
        await Promise.all(ids.map((id) => this.dispatch(job.name, id)));
      } catch (error) {
        this.onFault({ ref: { job: job.name, id: '*' }, error });
      }
    }
  }
}
