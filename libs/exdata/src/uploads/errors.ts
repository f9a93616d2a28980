import { ExdataError } from '../api/index.js';
import type { ExdataSource } from '../documents/index.js';

/** The file cannot be sent to exdata; nothing was stored and nothing left. */
export class ExdataFileError extends ExdataError {
  readonly field = 'file';

  constructor(code: 'file_empty' | 'file_too_large' | 'file_type', message: string, source: ExdataSource) {
    super(message, { code, retryable: false, source });
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
