import { token } from '../injection/index.js';
import type { ExdataFault } from './fault-book.js';
import type { ExdataJobRef } from './job.js';
import type { ExdataWorkReport } from './report.js';

/**
 * Works the row that the ref names, in an asynchronous context of its own whatever the caller's is; never rejects.
 * @param within enters what of the caller's context belongs to this very row, such as the span of the queue's own
 * telemetry
 */
export type ExdataWorkRef = (ref: ExdataJobRef, within?: Within) => Promise<ExdataWorkReport>;
export type Within = <T>(run: () => T) => T;

/**
 * Decides when a row is worked on, never whether: the row does. A dispatch is a hint that may come twice, late or
 * never; the claim drops what is doubled and the sweeper repeats what is lost.
 */
export interface ExdataDispatcher {
  /** Whether other processes may do the work: what it needs must then be where all of them can read it. */
  readonly shared: boolean;
  /** What the line at start calls it; default its class. */
  readonly name?: string;
  /** How many rows of the kind of work this process works on at once; `work.concurrency` where it is left out. */
  workersFor?(job: string): number;
  /**
   * How many rows of the kind of work could begin at once in this process; none where it is left out, or where other
   * processes may do the work.
   */
  roomFor?(job: string): number;
  /** Begins to hand refs to `work`, which never rejects. Called once, at application bootstrap. */
  start(work: ExdataWorkRef): void | Promise<void>;
  /** Asks for a row to be worked on soon. Before `start` and after `stop` it may be dropped. */
  dispatch(ref: ExdataJobRef): void | Promise<void>;
  /** Takes no further work and resolves when what runs has ended. Safe to call twice. */
  stop(): Promise<void>;
  /** What keeps work from being handed out, for the health of the module; none where it is left out. */
  faults?(): readonly ExdataFault[];
}

/** Bind a provider to this token to replace the in-process {@link ExdataDispatcher}. */
export const EXDATA_DISPATCHER = token<ExdataDispatcher>('dispatcher');
