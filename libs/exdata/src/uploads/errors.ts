import { ExdataError } from '../api/index.js';
import type { ExdataSource } from '../documents/index.js';

/** Why a file cannot be sent. */
export type FileFault = 'file_empty' | 'file_too_large' | 'file_type' | 'file_name_mismatch' | 'file_unreadable';

/** The file cannot be sent to exdata; nothing was stored and nothing left. Only one that could not be read (`file_unreadable`) may be submitted again as it is. */
export class ExdataFileError extends ExdataError {
  readonly field = 'file';

  constructor(code: FileFault, message: string, source: ExdataSource, cause?: unknown) {
    super(message, { code, retryable: code === 'file_unreadable', source, cause });
  }
}

/** The spool could not take the file: a full disk, a database that does not answer. Nothing was stored and nothing left; submit it again. */
export class ExdataSpoolError extends ExdataError {
  constructor(source: ExdataSource, cause: unknown) {
    super('the file could not be spooled; nothing of it was kept', { code: 'spool_failed', retryable: true, source, cause });
  }
}

/**
 * The source was submitted before with other bytes. The stored document is untouched: exdata would answer 409 to another payload
 * under the same key (exdata docs: Idempotency), so other bytes need a source id of their own.
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
    super(`${source.type} ${source.id} cannot be resubmitted: ${why}; ${fix}`, { code, retryable: code === 'still_open', source });
  }
}
