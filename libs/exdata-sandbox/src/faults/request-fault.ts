import type { Operation } from '../http/routes.js';

/** What a scripted request fault is matched against. */
export interface RequestFacts {
  readonly method: string;
  /** Without query, from the root: `/api/v1/documents`. */
  readonly path: string;
  /** By its id in the contract; null when there is none for this method and path. */
  readonly operation: Operation | null;
  readonly idempotencyKey: string | null;
  /** Whose token was sent; null for a bad one. */
  readonly account: string | null;
  /** Lower-case names; the token is redacted. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What goes wrong with a request. {@link requestFaults} names the usual ones. */
export interface RequestFault {
  /**
   * Whether the request is carried out all the same. By default it is, unless `respond` or `cut: 'request'` is given.
   */
  readonly accept?: boolean | undefined;
  /** The request's body is taken in no faster than this, on the simulator's clock. */
  readonly takeBytesPerSecond?: number | undefined;
  /**
   * Milliseconds on the simulator's clock between carrying out (if so) and answering; `forever`: until
   * `faults.release()`, or the client gives up. An upload counts as running until then.
   */
  readonly delayMs?: number | 'forever' | undefined;
  /** The answer; an object is sent as JSON. */
  readonly respond?:
    | {
        readonly status: number;
        readonly headers?: Readonly<Record<string, string>> | undefined;
        readonly body?: string | Readonly<Record<string, unknown>> | undefined;
      }
    | undefined;
  /** What is altered about the answer, whether the simulator's own or `respond`. */
  readonly alter?: AlteredAnswer | undefined;
  /**
   * The connection is closed: while the request's body comes in, in the answer from its first byte on, or in the
   * answer's body.
   */
  readonly cut?: 'request' | 'answer' | 'answer-body' | undefined;
  /** Bytes that come through before `cut`: of the request's body, of the whole answer, or of its body; 0 by default. */
  readonly afterBytes?: number | undefined;
}

/** What is altered about an answer. */
export interface AlteredAnswer {
  readonly status?: number | undefined;
  /** Laid over the answer's; null leaves one out. Without `Content-Length` the body is sent in chunks. */
  readonly headers?: Readonly<Record<string, string | null>> | undefined;
  /** Laid over `data` of a JSON answer: `{ mode: 'live' }`. */
  readonly data?: Readonly<Record<string, unknown>> | undefined;
  /** The body breaks off after so many bytes, and `Content-Length` says no more than these. */
  readonly truncateTo?: number | undefined;
  /** The body is filled up with blanks to so many bytes: JSON stays JSON. */
  readonly padTo?: number | undefined;
  /** The body is sent no faster than this, on the simulator's clock. */
  readonly bytesPerSecond?: number | undefined;
  /** Bytes of the body written at a time; by default a tenth of a second's, or 64 KiB. */
  readonly chunkBytes?: number | undefined;
}
