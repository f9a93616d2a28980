import {
  ExdataAuthenticationError,
  ExdataError,
  ExdataInsufficientCreditsError,
  ExdataPermissionError,
  ExdataRateLimitError,
  ExdataValidationError,
} from '../api/index.js';
import type { DocumentProblem, DocumentState } from '../documents/index.js';

/** What an upload's failure means for its row. */
export interface UploadOutcome {
  readonly state: DocumentState;
  readonly code: string;
  readonly fields: DocumentProblem['fields'];
  /** `retry` counts as a failure, `wait` does not, `end` leaves the row to a person. */
  readonly next: 'retry' | 'wait' | 'end';
  /** The least time before the next attempt, in milliseconds. */
  readonly notBeforeMs: number;
}

/** Wrong credentials are mended by a person, within minutes at best; until then the document waits. */
const credentialsMs = 60_000;
const rateLimitMs = 30_000;

/** The one decision on a failed upload (exdata docs: Errors). A new key is never made here: what is sent again is the same upload. */
export function afterUploadError(error: unknown): UploadOutcome {
  if (!(error instanceof ExdataError)) return { state: 'queued', code: 'internal', fields: null, next: 'retry', notBeforeMs: 0 };
  const { code } = error;
  const state = error.mayHaveCreatedDocument ? 'unconfirmed' : 'queued';
  if (error instanceof ExdataValidationError) return { state: 'rejected', code, fields: error.fields, next: 'end', notBeforeMs: 0 };
  if (error instanceof ExdataInsufficientCreditsError) return { state: 'blocked', code, fields: null, next: 'end', notBeforeMs: 0 };
  if (error instanceof ExdataAuthenticationError || error instanceof ExdataPermissionError)
    return { state, code, fields: null, next: 'wait', notBeforeMs: credentialsMs };
  if (error instanceof ExdataRateLimitError)
    return { state, code, fields: null, next: 'wait', notBeforeMs: error.retryAfterMs ?? rateLimitMs };
  if (!error.retryable) return { state: 'failed', code, fields: null, next: 'end', notBeforeMs: 0 };
  return { state, code, fields: null, next: 'retry', notBeforeMs: error.retryAfterMs ?? 0 };
}
