import { ExdataError } from '../api/index.js';

/** A delivery could not be stored in time; nothing was acknowledged, and the sender shall try again. */
export class InboxUnavailableError extends ExdataError {
  constructor(
    readonly reason: 'full' | 'late' | 'failed',
    readonly retryAfterSeconds: number,
    cause?: unknown,
  ) {
    super(`the delivery could not be stored (${reason})`, {
      code: 'inbox_unavailable',
      retryable: true,
      retryAfterMs: retryAfterSeconds * 1000,
      cause,
    });
  }
}
