import { token } from '../injection/index.js';
import type { ExdataJobKind } from './job-kinds.js';
import type { Settlement } from './job.js';
import type { Lease } from './lease.js';
import type { RestColumns, WorkRow } from './work.columns.js';
import type { Write } from './write.js';

/** The ids by which an attempt is found in traces, as the room telemetry has them. */
interface SpanIds {
  readonly account?: string | undefined;
  readonly sourceType?: string | undefined;
  readonly sourceId?: string | undefined;
  readonly documentId?: string | null | undefined;
  readonly requestId?: string | null | undefined;
  readonly deliveryId?: string | null | undefined;
}

/** The span of an attempt, to be told what becomes known. */
export interface AttemptSpan {
  identify(ids: SpanIds): void;
  note(name: string, value: string | number | boolean): void;
  /** Marks it as failed with the error's class and code. */
  fail(error: unknown): void;
}

/** Runs `work` in a span of its own. Injected, since this room knows nothing of telemetry. */
export type OpenSpan = <T>(job: ExdataJobKind, work: (span: AttemptSpan) => Promise<T>) => Promise<T>;

export const EXDATA_OPEN_SPAN = token<OpenSpan>('open-span');

/** One worker's attempt at a row. */
export interface Attempt<Row extends WorkRow = WorkRow> {
  readonly row: Row;
  readonly span: AttemptSpan;
  readonly fence: number;
  /** Aborted when the job's time is up, the lease is lost or has run out unrenewed, or the application shuts down. */
  readonly signal: AbortSignal;
  /**
   * Aborted when the job's time is up or the lease is lost, but not at shutdown: what heeds no signal is cut off by it,
   * what drains is not.
   */
  readonly cut: AbortSignal;
  /**
   * Call it before each step that reaches outside (a request, a file, a handler), so that no step begins on a lease
   * that may be over. Renews the lease unless enough of it is left for a step of `timeoutMs` milliseconds. A step
   * longer than a lease cannot be covered in advance, or a dead worker's row would wait as long: the renewals carry it,
   * and where they fail the signal aborts it at the lease's end.
   * @throws {FenceLostError} when the lease is lost, has run out, or cannot be renewed
   * @throws the signal's reason when the job's time is up or the application shuts down
   */
  step(timeoutMs: number): Promise<void>;
  /**
   * Writes how the attempt ended, and gives the row back. What else the end changes in the row goes along, with the one
   * update.
   * @throws {FenceLostError} when another worker has taken the row; the transaction must not commit
   */
  settle(write: Write, how: Settlement, columns?: RestColumns<Row>): Promise<void>;
}

/** An attempt that a lease covers. */
export class LeasedAttempt implements Attempt {
  constructor(
    readonly lease: Lease,
    readonly span: AttemptSpan,
  ) {}

  get row(): WorkRow {
    return this.lease.row;
  }

  get fence(): number {
    return this.lease.fence;
  }

  get signal(): AbortSignal {
    return this.lease.signal;
  }

  get cut(): AbortSignal {
    return this.lease.cut;
  }

  step(timeoutMs: number): Promise<void> {
    return this.lease.step(timeoutMs);
  }

  settle(write: Write, how: Settlement, columns?: RestColumns): Promise<void> {
    return this.lease.settle(write, how, columns);
  }
}
