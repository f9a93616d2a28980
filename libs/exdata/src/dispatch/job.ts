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
  /** Not possible yet; burns no attempt. `dueAt` null parks the row until somebody gives it a time and dispatches it. */
  | { readonly kind: 'wait'; readonly dueAt: number | null; readonly error: string };

/** A worker's hold on a row. */
export interface Claim {
  readonly fence: number;
  /** Aborted when the job's time is up, the lease is lost, or the application shuts down. */
  readonly signal: AbortSignal;
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

/** Another worker holds the row now; what this one was about to write must not be written. */
export class FenceLostError extends Error {
  override readonly name = 'FenceLostError';
  constructor(ref: JobRef, fence: number) {
    super(`${ref.job} ${ref.id}: fence ${String(fence)} is no longer the row's; another worker has taken it over`);
  }
}
