import type { Operation } from '../http/routes.js';

/** A request that reached the simulator. Entries are replaced, not changed, as the request goes on. */
export interface RequestEntry {
  readonly kind: 'request';
  /** Order of arrival over requests and deliveries, from 1. */
  readonly seq: number;
  /** Arrival on the simulator's clock, milliseconds since the epoch. */
  readonly at: number;
  readonly method: string;
  /** Path without query, from the root: `/api/v1/documents`. */
  readonly path: string;
  /** With its question mark; empty when there is none. */
  readonly query: string;
  /** By its id in the contract; null when there is none for this method and path. */
  readonly operation: Operation | null;
  /** Lower-case names; the token is replaced by `[redacted]`. */
  readonly headers: Readonly<Record<string, string>>;
  /** `X-Request-ID` of the answer. */
  readonly requestId: string;
  readonly idempotencyKey: string | null;
  /**
   * SHA-256 of the token, lower-case hex, good or bad; null when none was sent. It tells an old token from a new one.
   */
  readonly tokenDigest: string | null;
  readonly account: string | null;
  readonly mode: 'test' | 'live' | null;
  /** Multipart fields, each with all its values; null until the body was read. */
  readonly fields: Readonly<Record<string, readonly string[]>> | null;
  readonly file: FileFacts | null;
  /**
   * `open` until it is `answered`, its connection was `cut` by a fault, or the client `aborted` it (before it had the
   * answer); `delayed` while a fault keeps its answer.
   */
  readonly outcome: 'open' | 'delayed' | 'answered' | 'cut' | 'aborted';
  /** The status answered; for a lost answer the one that would have been. */
  readonly status: number | null;
  /** `code` of the error envelope. */
  readonly code: string | null;
  /** The document it created or asked for. */
  readonly documentId: number | null;
  /** Whether a stored answer was given again under the same key. */
  readonly replayed: boolean;
  readonly faulty: boolean;
}

/** What is known of an uploaded file. */
export interface FileFacts {
  readonly filename: string;
  readonly contentType: string;
  /** Bytes. */
  readonly size: number;
  /** Of the bytes, lowercase hex. */
  readonly sha256: string;
}

/** One attempt to bring one webhook to one endpoint; a duplicate is an attempt of its own. */
export interface DeliveryEntry {
  readonly kind: 'delivery';
  readonly seq: number;
  readonly at: number;
  /** What the attempt belongs to; see {@link Delivery}. */
  readonly deliveryId: string;
  /** `X-Delivery` as sent; another one than `deliveryId` under the reading `new-id`. */
  readonly sentId: string;
  readonly event: string;
  readonly documentId: number | null;
  readonly endpointId: string;
  readonly url: string;
  /** From 1. */
  readonly attempt: number;
  readonly headers: Readonly<Record<string, string>>;
  /** The body as sent. */
  readonly body: string;
  /** `open` until the endpoint `answered` (with any status), it `failed` without an answer, or a fault `dropped` it. */
  readonly outcome: 'open' | 'answered' | 'failed' | 'dropped';
  readonly status: number | null;
  /** Why there was no answer. */
  readonly error: string | null;
  readonly faulty: boolean;
}

/** Anything the journal holds. */
export type JournalEntry = RequestEntry | DeliveryEntry;
