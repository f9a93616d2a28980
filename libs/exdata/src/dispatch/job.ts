import type { FindOptionsWhere } from 'typeorm';
import type { Attempt } from './attempt.js';
import type { ExdataJobKind } from './job-kinds.js';
import type { WorkRow } from './work.columns.js';

/** Names one row's work; all that a queue ever carries. */
export interface ExdataJobRef {
  readonly job: string;
  readonly id: string;
  /** The group of the row, where the job's rows have groups: see {@link Job.groups}. */
  readonly group?: string | undefined;
}

/** How an attempt ended, as written to the row together with its effects. */
export type Settlement =
  /** Nothing failed; `dueAt` (epoch ms) names a next step, null none. */
  | { readonly kind: 'done'; readonly dueAt: number | null }
  /** Failed; counts as a failure. `dueAt` null ends the attempts. */
  | { readonly kind: 'failed'; readonly dueAt: number | null; readonly error: string }
  /**
   * Not possible yet; burns no attempt. `dueAt` null parks the row: it waits until somebody sets `due_at` again and
   * dispatches it.
   */
  | { readonly kind: 'wait'; readonly dueAt: number | null; readonly error: string };

/** Work over the rows of one entity. */
export interface Job<Row extends WorkRow> {
  readonly name: ExdataJobKind;
  readonly entity: new () => Row;
  /**
   * The kind of work under which those of its rows are dispatched that can wait for the others; they are in a line of
   * their own.
   */
  readonly later?: ExdataJobKind;
  /**
   * Says under which of the two kinds each of the rows is to be dispatched that a sweep has found; all under the job's
   * name, where it is left out.
   */
  sort?(ids: readonly string[]): Promise<ExdataJobRef[]>;
  /** Forgets what else was to be waited for: the clock was set back, and nobody knows how long is left. */
  afterClockSetBack?(): Promise<void>;
  /** Which of the entity's rows are this job's. */
  readonly where: FindOptionsWhere<Row>;
  /**
   * Whether other processes may have rows that this one cannot work on: then `where` leaves them out, and whoever gets
   * their refs drops them.
   */
  readonly isPartial?: boolean;
  /**
   * The column that names the account with whose token exdata is asked; null in a row that asks for nothing. Rows of
   * accounts whose token is refused to this process may be left to others.
   */
  readonly asksAs?: string | undefined;
  /**
   * Groups of rows of which none may hold all workers while others wait: the column that tells them, and the groups
   * that this process may meet.
   */
  readonly groups?: { readonly column: string; among(): readonly string[] };
  /** After how long the attempt's signal aborts, in milliseconds. */
  readonly timeoutMs: number;
  /** Works the row and settles the attempt. What it throws without having settled is retried on the schedule. */
  run(attempt: Attempt<Row>): Promise<void>;
  /** Settles a row whose retry schedule has run out, or whose workers have died too often: a {@link PoisonError}. */
  giveUp(attempt: Attempt<Row>, error: unknown): Promise<void>;
}

/**
 * Thrown by a job whose row cannot be worked on before `dueAt` (epoch ms): the worker lets it wait, and counts no
 * failure.
 */
export class NotYetError extends Error {
  override readonly name = 'NotYetError';
  constructor(
    readonly dueAt: number,
    readonly code: string,
  ) {
    super(`not before ${new Date(dueAt).toISOString()}: ${code}`);
  }
}

/** Why a row is given up that no further worker is to die of. */
export class PoisonError extends Error {
  override readonly name = 'PoisonError';
  readonly code = 'poison';
  constructor() {
    super('the process ended several times while it worked on this');
  }
}

/** The job's time was up before it had settled. */
export class JobTimeoutError extends Error {
  override readonly name = 'JobTimeoutError';
  constructor(job: string, timeoutMs: number) {
    super(`job ${job} took longer than ${String(timeoutMs)} ms`);
  }
}

/**
 * The lease on a row is over, so that another worker holds it or may: what this one was about to do must not be done.
 */
export class FenceLostError extends Error {
  override readonly name = 'FenceLostError';
  constructor(
    ref: ExdataJobRef,
    fence: number,
    why = "is no longer the row's; another worker has taken it over",
    options?: ErrorOptions,
  ) {
    super(`${ref.job} ${ref.id}: fence ${String(fence)} ${why}`, options);
  }
}
