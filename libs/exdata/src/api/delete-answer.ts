import { ExdataNotFoundError } from './api-errors.js';
import type { ExdataResult } from './calls.js';

/**
 * Turns the failure of a DELETE into its success where the document is gone because of an earlier attempt, whose answer
 * was lost: 404 on a repeat means done (exdata docs: DELETE /documents/{document}).
 * @throws the failure otherwise
 */
export function deleted(failure: unknown): ExdataResult<void> {
  if (!(failure instanceof ExdataNotFoundError)) throw failure;
  const { attempts, status, requestId = '', sentRequestId = '' } = failure;
  if (!attempts.some((attempt) => attempt.status === null || attempt.status === 408 || attempt.status >= 500))
    throw failure;
  return { data: undefined, status, requestId, sentRequestId };
}
