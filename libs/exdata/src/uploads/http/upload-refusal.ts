import { types } from 'node:util';
import type { ExdataError } from '../../api/index.js';
import { ExdataInputError, ExdataNotSubmittedError } from '../../documents/index.js';
import {
  ExdataDatabaseError,
  ExdataFileError,
  ExdataResubmitError,
  ExdataSourceConflictError,
  ExdataSpoolError,
} from '../errors.js';

/** How a host answers an upload that was not taken. */
export interface ExdataUploadRefusal {
  readonly status: 404 | 409 | 413 | 422 | 503;
  readonly body: {
    /** Stable, machine-readable. */
    readonly code: string;
    /** In words for whoever uploads; no path, no statement, no content. */
    readonly message: string;
    /** The part of the upload at fault: `file`, or a field such as `source.id`. */
    readonly field?: string;
  };
  /** What `Retry-After` is to say, in seconds. */
  readonly retryAfterSeconds?: number;
}

/** Where an error names no wait, in milliseconds. */
const defaultRetryMs = 5_000;
/**
 * What a file system that cannot take the file says before the module has it, such as that of a form's temporary files.
 */
const storageFaults: readonly unknown[] = ['ENOSPC', 'EDQUOT', 'EROFS', 'EACCES', 'EIO', 'EMFILE', 'ENFILE'];

/**
 * What an uploader is told of what {@link ExdataUploadService} threw: 422 with the field for what is wrong with the
 * upload, 413 for a file that is too large, 409 for a source that is taken or still worked on, 404 for one that is
 * unknown, and 503 with a wait for what is no fault of the uploader's: a spool or a disk that has no room or cannot be
 * written, a database that is away, a file that could not be read. Null for anything else, which is the host's.
 */
export function exdataUploadRefusalOf(error: unknown): ExdataUploadRefusal | null {
  if (error instanceof ExdataSourceConflictError || error instanceof ExdataResubmitError) return refusal(409, error);
  if (error instanceof ExdataNotSubmittedError) return refusal(404, error);
  if (error instanceof ExdataInputError) return refusal(422, error, error.field);
  if (error instanceof ExdataSpoolError || error instanceof ExdataDatabaseError)
    return later(error.code, error.message, error.retryAfterMs);
  if (error instanceof ExdataFileError) {
    if (error.retryable) return later(error.code, error.message, error.retryAfterMs);
    return refusal(error.code === 'file_too_large' ? 413 : 422, error, error.field);
  }
  if (!isStorageFault(error)) return null;
  return later('storage_failed', `the file could not be stored (${error.code}); nothing of it was kept`);
}

function refusal(status: 404 | 409 | 413 | 422, { code, message }: ExdataError, field?: string): ExdataUploadRefusal {
  return { status, body: { code, message, ...(field !== undefined && { field }) } };
}

function later(code: string, message: string, retryMs = defaultRetryMs): ExdataUploadRefusal {
  return { status: 503, body: { code, message }, retryAfterSeconds: Math.ceil(retryMs / 1_000) };
}

/** Whether a file system could not take the file before the module had it. */
export function isStorageFault(error: unknown): error is Error & { readonly code: string } {
  return types.isNativeError(error) && 'syscall' in error && 'code' in error && storageFaults.includes(error.code);
}
