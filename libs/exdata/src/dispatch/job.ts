import type { EntityManager, FindOptionsWhere } from 'typeorm';
import type { WorkRow } from './work.columns.js';

/** Names one row's work; all that a queue ever carries. */
export interface JobRef {
  readonly job: string;
  readonly id: string;
}

/** How an attempt ended, as written to the row together with its effects. */
export type Settlement =
  /** Nothing failed; `dueAt` (epoch ms) names a next step, null none. */
  | { readonly kind: 'done'; readonly dueAt: number | null }
  /** Failed; counts as a failure. `dueAt` null ends the attempts. */
  | { readonly kind: 'failed'; readonly dueAt: number | null; readonly error: string }
  /** Not possible yet; burns no attempt. `dueAt` null parks the row: it waits until somebody sets `due_at` again and dispatches it. */
  | { readonly kind: 'wait'; readonly dueAt: number | null; readonly error: string };

/** A worker's hold on a row. */
export interface Claim {
  readonly fence: number;
  /** Aborted when the job's time is up, the lease is lost or has run out unrenewed, or the application shuts down. */
  readonly signal: AbortSignal;
  /** Aborted when the job's time is up or the lease is lost, but not at shutdown: what heeds no signal is cut off by it, what drains is not. */
  readonly cut: AbortSignal;
  /**
   * Call it before each step that reaches outside (a request, a file, a handler), so that no step begins on a hold that may be over.
   * Renews the lease unless enough of it is left for a step of `timeoutMs` milliseconds. A step longer than a lease cannot be covered
   * in advance, or a dead worker's row would wait as long: the renewals carry it, and where they fail the signal aborts it at the lease's end.
   * @throws {FenceLostError} when the lease is lost, has run out, or cannot be renewed
   * @throws the signal's reason when the job's time is up or the application shuts down
   */
  step(timeoutMs: number): Promise<void>;
  /**
   * Writes the settlement in the given transaction and ends the hold.
   * @throws {FenceLostError} when another worker has taken the row; the transaction must not commit
   */
  settle(manager: EntityManager, settlement: Settlement): Promise<void>;
}

/** Work over the rows of one entity. */
export interface Job<Row extends WorkRow> {
  readonly name: string;
  readonly entity: new () => Row;
  /** Which of the entity's rows are this job's. */
  readonly where: FindOptionsWhere<Row>;
  /** After how long the claim's signal aborts, in milliseconds. */
  readonly timeoutMs: number;
  /** Works the row and settles the claim. What it throws without having settled is retried on the schedule. */
  run(row: Row, claim: Claim): Promise<void>;
  /** Settles a row whose worker has died too often, so that it kills no further one. */
  quarantine(row: Row, claim: Claim): Promise<void>;
  /** Settles a row whose retry schedule has run out. */
  giveUp(row: Row, claim: Claim, error: unknown): Promise<void>;
}

/** Thrown by a job whose row cannot be worked on before `dueAt` (epoch ms): the worker lets it wait, and counts no failure. */
export class NotYetError extends Error {
  override readonly name = 'NotYetError';
  constructor(
    readonly dueAt: number,
    readonly code: string,
  ) {
    super(`not before ${new Date(dueAt).toISOString()}: ${code}`);
  }
}

/** The job's time was up before it had settled. */
export class JobTimeoutError extends Error {
  override readonly name = 'JobTimeoutError';
  constructor(job: string, timeoutMs: number) {
    super(`job ${job} took longer than ${String(timeoutMs)} ms`);
  }
}

/** The hold on a row is over, so that another worker holds it or may: what this one was about to do must not be done. */
export class FenceLostError extends Error {
  override readonly name = 'FenceLostError';
  constructor(ref: JobRef, fence: number, why = "is no longer the row's; another worker has taken it over", options?: ErrorOptions) {
    super(`${ref.job} ${ref.id}: fence ${String(fence)} ${why}`, options);
  }
}
