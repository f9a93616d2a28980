import { ExdataError } from '../api/index.js';
import type { ExdataSource } from '../documents/index.js';
import { spoolFaultOf, systemCodeOf } from './spool-fault.js';

/** Why a file cannot be sent. */
export type FileFault = 'file_empty' | 'file_too_large' | 'file_type' | 'file_name_mismatch' | 'file_unreadable';

/**
 * The file cannot be sent to exdata; nothing was stored and nothing left. Only one that could not be read
 * (`file_unreadable`) may be submitted again as it is.
 */
export class ExdataFileError extends ExdataError {
  readonly field = 'file';

  constructor(code: FileFault, message: string, source: ExdataSource, cause?: unknown) {
    super(message, { code, retryable: code === 'file_unreadable', source, cause });
  }
}

/** How soon it is worth trying again, in milliseconds: a disk is cleared by people, or by what is sent. */
const spoolRetryMs = 30_000;

/**
 * The spool could not take the file: nothing is wrong with the file, nothing was stored and nothing left; submit it
 * again. `spool_full` where there is no room (a full disk, `upload.spoolBytes`), `spool_failed` for the rest; the
 * message names the system's code.
 */
export class ExdataSpoolError extends ExdataError {
  constructor(source: ExdataSource, cause: unknown) {
    const { code, why } = spoolFaultOf(cause);
    const message = `the spool could not take the file: ${why}; nothing of it was kept`;
    super(message, { code, retryable: true, retryAfterMs: spoolRetryMs, source, cause });
  }
}

/** How soon it is worth trying again, in milliseconds: a server that is started anew takes so long. */
const databaseRetryMs = 10_000;

/**
 * The database cannot be reached, or takes no statements now. Submit the same source again: if the row was committed
 * after all, this finds it, and nothing is sent twice.
 */
export class ExdataDatabaseError extends ExdataError {
  constructor(source: ExdataSource, cause: unknown) {
    const message = 'the database cannot be reached, or takes no statements now';
    super(message, { code: 'database_unavailable', retryable: true, retryAfterMs: databaseRetryMs, source, cause });
  }
}

/**
 * The source was submitted before with other bytes. The stored document is untouched: exdata would answer 409 to
 * another payload under the same key (exdata docs: Idempotency), so other bytes need a source id of their own.
 */
export class ExdataSourceConflictError extends ExdataError {
  constructor(source: ExdataSource) {
    super(`${source.type} ${source.id} was submitted before with other bytes; submit these under another source id`, {
      code: 'source_conflict',
      retryable: false,
      source,
    });
  }
}

/** The source cannot be sent anew; nothing was changed. */
export class ExdataResubmitError extends ExdataError {
  constructor(code: 'still_open' | 'bytes_gone', source: ExdataSource, why: string) {
    const fix = code === 'bytes_gone' ? 'give its file again, as `file`' : 'wait until it has ended';
    super(`${source.type} ${source.id} cannot be resubmitted: ${why}; ${fix}`, {
      code,
      retryable: code === 'still_open',
      source,
    });
  }
}

/**
 * The spool took the bytes of a document and does not give them back: `bytes_gone` where they are not there,
 * `spool_failed` for the rest. What it was told to erase, since exdata had it, is not lost.
 */
export class SpoolReadError extends ExdataError {
  readonly why: string;

  constructor(
    cause: unknown,
    readonly isLoss: boolean,
  ) {
    const isGone = systemCodeOf(cause) === 'ENOENT';
    const why = isGone ? 'the bytes are not there (ENOENT)' : spoolFaultOf(cause).why;
    const message = isGone ? 'the spool has the bytes of the file no more' : `the spool cannot be read: ${why}`;
    super(message, { code: isGone ? 'bytes_gone' : 'spool_failed', retryable: true, cause });
    this.why = why;
  }
}
