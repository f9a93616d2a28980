import type { OnProgress } from './progress.js';

/** What every call takes. */
export interface ExdataCallOptions {
  /** Ends the call; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** For the whole call in milliseconds: all attempts, the waits between them and the answer's body. */
  readonly timeoutMs?: number;
  /** X-Request-ID to send with each attempt: 1 to 128 printable ASCII characters without spaces; made up if absent. */
  readonly requestId?: string;
  /** How often to send at most, from 1 to 100; 1 repeats nothing. Default {@link ExdataApiOptions.retry}. */
  readonly attempts?: number;
}

/** What an upload takes besides. */
export interface ExdataCreateOptions extends ExdataCallOptions {
  /**
   * The same for each attempt of one upload: 1 to 255 printable ASCII characters without spaces (exdata docs:
   * Idempotency). exdata keeps it: nothing personal.
   */
  readonly idempotencyKey: string;
  /**
   * Told of the file's bytes as they are taken for sending: for each 1 % or 100 ms, and at the end. Begins anew with
   * each attempt. What it throws ends the call.
   */
  readonly onProgress?: OnProgress;
}

/** What a listing takes besides. The other options count for each page; the signal ends the listing. */
export interface ExdataListOptions extends ExdataCallOptions {
  /** A listing of more pages is ended with an error; default 10,000. */
  readonly maxPages?: number;
}

/** A successful answer. */
export interface ExdataResult<T> {
  readonly data: T;
  readonly status: number;
  /** The server's X-Request-ID, else ours. */
  readonly requestId: string;
  /** The X-Request-ID that we sent. */
  readonly sentRequestId: string;
}
