import {
  ExdataAuthenticationError,
  ExdataConflictError,
  ExdataError,
  ExdataInsufficientCreditsError,
  ExdataPermissionError,
  ExdataRateLimitError,
  ExdataValidationError,
} from '../api/index.js';
import type { ExdataDocumentProblem, ExdataDocumentState, ExdataHoldReason } from '../documents/index.js';
import { rateLimitMs, testLimitCode } from '../documents/index.js';
import { isWithoutBytes } from './bytes-left.js';

/** What an upload's failure means for its row and its account. */
export type UploadOutcome =
  /** A person has to act; nothing is sent again. */
  | { readonly kind: 'end'; readonly state: 'rejected' | 'failed'; readonly fields: ExdataDocumentProblem['fields'] }
  /** No credits: the row ends, and the account is put on hold. */
  | { readonly kind: 'credits' }
  /** The account may not upload: the row waits for it. */
  | { readonly kind: 'hold'; readonly reason: ExdataHoldReason }
  /** The account has to wait so long (ms); burns no attempt. */
  | { readonly kind: 'limit'; readonly waitMs: number }
  /** exdata has said too often that the key is in use: the document is looked for instead. */
  | { readonly kind: 'reconcile' }
  /** Sent again, unchanged and under the same key, not before so long (ms). */
  | { readonly kind: 'retry'; readonly state: ExdataDocumentState; readonly notBeforeMs: number };

/**
 * The daily limit of test mode ends with a window of which exdata tells neither length nor hour, in milliseconds: asked
 * again so often where it names no time.
 */
const dailyLimitMs = 3_600_000;

/** How often 409 is answered with patience: the first call under the key should have ended by then. */
const conflictsBorne = 8;

/** How often missing bytes are looked for again: about an hour, in which a volume that was not mounted should be. */
const missingBytesBorne = 12;

/**
 * The one decision on a failed upload (exdata docs: Errors; Idempotency; Credits). A new key is never made here: what
 * is sent again is the same upload.
 * @param failures attempts that failed in a row before this one
 */
export function afterUploadError(error: unknown, failures: number): UploadOutcome {
  if (!(error instanceof ExdataError)) return { kind: 'retry', state: 'queued', notBeforeMs: 0 };
  const { retryAfterMs } = error;
  if (error instanceof ExdataValidationError) return { kind: 'end', state: 'rejected', fields: error.fields };
  if (error instanceof ExdataInsufficientCreditsError) return { kind: 'credits' };
  if (error instanceof ExdataAuthenticationError) return { kind: 'hold', reason: 'authentication_failed' };
  if (error instanceof ExdataPermissionError) return { kind: 'hold', reason: 'permission_denied' };
  if (error instanceof ExdataRateLimitError)
    return { kind: 'limit', waitMs: retryAfterMs ?? (error.code === testLimitCode ? dailyLimitMs : rateLimitMs) };
  if (error instanceof ExdataConflictError && failures >= conflictsBorne) return { kind: 'reconcile' };
  if (!error.retryable || (isWithoutBytes(error) && failures >= missingBytesBorne))
    return { kind: 'end', state: 'failed', fields: null };
  return {
    kind: 'retry',
    state: error.mayHaveCreatedDocument ? 'unconfirmed' : 'queued',
    notBeforeMs: retryAfterMs ?? 0,
  };
}

/** Why the account is put on hold by it; null where it is not. */
export function holdReasonOf(outcome: UploadOutcome): ExdataHoldReason | null {
  if (outcome.kind === 'credits') return 'insufficient_credits';
  return outcome.kind === 'hold' ? outcome.reason : null;
}
