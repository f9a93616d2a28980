import type { JobRef } from './job.js';
import type { WorkReport } from './report.js';

/**
 * Decides when a row is worked on, never whether: the row does. A dispatch is a hint that may come twice, late or never;
 * the claim drops what is doubled and the sweeper repeats what is lost.
 */
export interface Dispatcher {
  /** Whether other processes may do the work: what it needs must then be where all of them can read it. */
  readonly shared: boolean;
  /** Begins to hand refs to `work`, which never rejects. Called once, at application bootstrap. */
  start(work: (ref: JobRef) => Promise<WorkReport>): void | Promise<void>;
  /** Asks for a row to be worked on soon. Before `start` and after `stop` it may be dropped. */
  dispatch(ref: JobRef): void | Promise<void>;
  /** Takes no further work and resolves when what runs has ended. Safe to call twice. */
  stop(): Promise<void>;
}

/** Bind a provider to this token to replace the in-process {@link Dispatcher}. */
export const EXDATA_DISPATCHER = Symbol.for('nestjs-exdata:dispatcher');
