import { ServiceUnavailableException } from '@nestjs/common';
import type { InboxUnavailableError, NotStoredReason } from './inbox-errors.js';

/**
 * 503: a delivery could not be stored in time, and exdata has to send it again. Its answer tells the status alone; why
 * stands in {@link reason}, and in the log.
 */
export class ExdataInboxUnavailableException extends ServiceUnavailableException {
  override readonly name = 'ExdataInboxUnavailableException';
  /**
   * `full`: more deliveries wait than the inbox takes on. `late`: the database did not answer in time. `failed`: it
   * refused the row, or is away. `stopping`: the application shuts down.
   */
  readonly reason: NotStoredReason;
  /** When the sender may try again, in milliseconds from now: what `Retry-After` says, rounded up to seconds. */
  readonly retryAfterMs: number;

  constructor(cause: InboxUnavailableError) {
    super(undefined, { cause, description: 'Service Unavailable' });
    this.reason = cause.reason;
    this.retryAfterMs = cause.retryAfterMs;
  }
}
