import type { Claims } from './claims.js';
import type { Clock } from './clock.js';
import type { Dispatcher } from './dispatcher.js';
import type { Job, JobRef } from './job.js';
import type { WorkReport } from './report.js';
import { nothing } from './report.js';
import { Sweeper } from './sweeper.js';
import type { SweepSettings } from './sweeper.js';
import type { WorkRow } from './work.columns.js';
import type { WorkFault, Worker } from './worker.js';

export interface WorkSettings extends SweepSettings {
  /** How long shutdown waits for running work, in milliseconds. */
  readonly drainMs: number;
}

/** The jobs of the module: dispatches their rows, and sweeps up those whose dispatch was lost. */
export class WorkService {
  readonly #jobs = new Map<string, Job<WorkRow>>();
  readonly #sweeper: Sweeper;
  #state: 'idle' | 'running' | 'stopped' = 'idle';

  constructor(
    claims: Claims,
    private readonly worker: Worker,
    private readonly dispatcher: Dispatcher,
    private readonly clock: Clock,
    private readonly settings: WorkSettings,
    private readonly onFault: (fault: WorkFault) => void,
  ) {
    this.#sweeper = new Sweeper(this.#jobs, claims, (job, id) => this.dispatch(job, id), clock, settings, onFault);
  }

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
    this.#sweeper.start();
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
    const stopping = [this.#sweeper.stop(), this.dispatcher.stop()];
    this.worker.stop();
    let cancel = (): void => undefined;
    const late = new Promise<void>((resolve) => {
      cancel = this.clock.after(this.settings.drainMs, resolve);
    });
    await Promise.race([Promise.all(stopping), late]);
    cancel();
  }

  async #work(ref: JobRef): Promise<WorkReport> {
    const job = this.#jobs.get(ref.job);
    // Another version of the application may know the job: its sweeper repeats what is dropped here.
    return job ? this.worker.work(job, ref.id) : nothing;
  }
}
