/** What every call takes. */
export interface CallOptions {
  /** Ends the call; the promise is rejected with the signal's reason. */
  readonly signal?: AbortSignal;
  /** For the whole call, answer included, in milliseconds. */
  readonly timeoutMs?: number;
  /** X-Request-ID to send: 1 to 128 printable ASCII characters without spaces; made up if absent. */
  readonly requestId?: string;
}

/** What an upload takes besides. */
export interface CreateOptions extends CallOptions {
  /** The same for each attempt of one upload: 1 to 255 printable ASCII characters without spaces (exdata docs: Idempotency). exdata keeps it: nothing personal. */
  readonly idempotencyKey: string;
  /** Told of the file's bytes as they are taken for sending. What it throws ends the call. */
  readonly onProgress?: (sentBytes: number, totalBytes: number) => void;
}

/** A successful answer. */
export interface ExdataResult<T> {
  readonly data: T;
  readonly status: number;
  /** The server's X-Request-ID, else ours. */
  readonly requestId: string;
}
