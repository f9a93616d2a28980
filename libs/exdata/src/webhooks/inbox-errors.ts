import { ExdataError } from '../api/index.js';

/**
 * `full`: more deliveries wait than the inbox takes on. `late`: the database did not answer in time. `failed`: it
 * refused the row, or is away. `stopping`: the application shuts down.
 */
export type NotStoredReason = 'full' | 'late' | 'failed' | 'stopping';

/**
 * A delivery could not be stored in time; nothing was acknowledged, and the sender shall try again. It tells nothing of
 * the row.
 */
export class InboxUnavailableError extends ExdataError {
  constructor(
    readonly reason: NotStoredReason,
    override readonly retryAfterMs: number,
    /** The database's code for what it refused; null where it said nothing. */
    readonly fault: string | null = null,
  ) {
    super(`the delivery could not be stored (${reason})`, { code: 'inbox_unavailable', retryable: true, retryAfterMs });
  }
}
