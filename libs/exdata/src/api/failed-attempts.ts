import { ExdataApiError } from './api-errors.js';
import { ExdataError, ExdataProtocolError } from './errors.js';
import type { ExdataAttempt } from './errors.js';
import type { Operation } from './operations.js';
import { resendOf } from './resend.js';

/** exdata's word on the key itself: with these it holds no document under it, whatever an earlier attempt left open. */
const settled: readonly (number | null)[] = [402, 422];

/** The failed attempts of one call, and what they say together. */
export class FailedAttempts {
  readonly #call: { readonly operation: Operation; readonly keyed: boolean; readonly sentRequestId: string };
  readonly #made: ExdataAttempt[] = [];
  #mayHaveCreatedDocument = false;

  constructor(call: { readonly operation: Operation; readonly keyed: boolean; readonly sentRequestId: string }) {
    this.#call = call;
  }

  get count(): number {
    return this.#made.length;
  }

  /**
   * Adds an attempt's failure, and puts on it what all attempts say: one that went before may weigh more than the last.
   */
  add(error: ExdataError, { at, waitedMs }: Pick<ExdataAttempt, 'at' | 'waitedMs'>): ExdataError {
    const { operation, keyed, sentRequestId } = this.#call;
    const status = statusOf(error);
    this.#made.push({ at, status, code: error.code, requestId: error.requestId ?? sentRequestId, waitedMs });
    if (settled.includes(status)) this.#mayHaveCreatedDocument = false;
    this.#mayHaveCreatedDocument ||= error.mayHaveCreatedDocument;
    const mayHaveCreatedDocument = this.#mayHaveCreatedDocument;
    const { retryable } = error;
    const resend = resendOf({ retryable, mayHaveCreatedDocument, creates: operation.creates, keyed, status });
    return error.withCall({ sentRequestId, attempts: [...this.#made], mayHaveCreatedDocument, resend });
  }

  /** As {@link add}, for a failure after the answer began; one that is not ours is left as it is. */
  ended(failure: Error, made: Pick<ExdataAttempt, 'at' | 'waitedMs'>): Error {
    return failure instanceof ExdataError ? this.add(failure, made) : failure;
  }
}

/** The answer's status, null when none came. */
export function statusOf(error: ExdataError): number | null {
  return error instanceof ExdataApiError || error instanceof ExdataProtocolError ? error.status : null;
}
