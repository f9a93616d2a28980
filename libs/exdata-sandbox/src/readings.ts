import type { Ability } from './accounts/accounts.js';

/**
 * Where exdata's documentation is silent or can be read in more than one way, the simulator plays the reading chosen
 * here. All may be changed at any time; a change counts from the next request or delivery on.
 */
export interface Readings {
  /** Answer for a document of another account (exdata docs: 403, but an id outside the account may also be 404). */
  wrongAccount: 403 | 404;
  /** Whether a token sees documents of the other mode. */
  crossMode: 'hidden' | 'visible';
  /** What GET /ping needs. */
  pingAbility: 'any' | Ability;
  /** What DELETE needs. */
  deleteAbility: Ability;
  /** Whether a client's `X-Request-ID` comes back on success too, or in errors alone. */
  requestIdEcho: 'always' | 'errors';
  /** Answer to a file over the limit: exdata's validation, or a proxy in front of it. */
  oversize: 413 | 422;
  /**
   * Answer without a credit: a 402 with the error envelope, with `{"data": Document}` or both in one, or a 201 with the
   * blocked document.
   */
  insufficientCredits: 'envelope' | 'data' | 'merged' | 'created';
  /**
   * Where a 429 says when to come back: in `Retry-After` as seconds or as a date, in the body, in both (as seconds), or
   * nowhere.
   */
  retryAfter: 'seconds' | 'date' | 'body' | 'both' | 'none';
  /** Within what an `Idempotency-Key` is unique. */
  idempotencyScope: 'account' | 'token';
  /** How long a key is kept, milliseconds since its first use; `Infinity` by default. */
  idempotencyLifetimeMs: number;
  /** Whether the `code` of a 409 tells a running upload from another payload. */
  conflictCodes: 'distinct' | 'same';
  /** Status of a stored answer that is given again. */
  replayStatus: 200 | 201;
  /** What an upload without `Idempotency-Key` gets. */
  missingIdempotencyKey: 'accept' | 'reject';
  /** How an empty map is written; PHP often writes `[]`. */
  emptyMap: 'object' | 'array';
  /** Answer to a request for extractions before the document is completed. */
  extractionsBeforeCompletion: 'empty' | 'not_found';
  /** How document ids are written. */
  documentId: 'number' | 'string';
  /** Which keys a document has: all that the samples show, or `id` and `status` alone. */
  documentKeys: 'all' | 'least';
  /** Which keys a document has in the list, where `documentKeys` is `all`. */
  listKeys: 'all' | 'without-requester' | 'least';
  listOrder: 'newest-first' | 'oldest-first';
  /** How the list tells of its further pages. */
  paging: 'none' | 'links' | 'meta' | 'links-and-meta' | 'cursor';
  /** Documents on one page of the list. */
  pageSize: number;
  /** Origin that the list's links point to, such as `https://attacker.example`; null: the one the client called. */
  linkOrigin: string | null;
  /** Previews of a document, 1 to 9. */
  previews: number;
  /** What the list of previews holds: objects, objects with an address instead of an id, or bare ids. */
  previewList: 'objects' | 'urls' | 'ids';
  /** How ids of previews are written. */
  previewId: 'number' | 'string';
  /** Whether a thumbnail or preview is answered with the picture, or with a redirect to it. */
  pictures: 'direct' | 'redirect';
  /** Origin of that redirect; null: the one the client called. */
  pictureOrigin: string | null;
  /** Answer to a request for a picture before the document is completed. */
  picturesBeforeCompletion: 'ready' | 'not_found';
  /** Where a webhook's body names the document. */
  webhookBody: 'data.id' | 'data.document.id' | 'document.id' | 'document_id';
  /** What a retried delivery keeps. */
  webhookRetry: 'same-id-same-timestamp' | 'same-id-new-timestamp' | 'new-id';
  /** Event type for each end of processing; only the first is documented. */
  events: { completed: string; error: string; blocked: string };
  /** Event type that tells of a document, or of a new run, which is pending; null: there is none. */
  pendingEvent: string | null;
}

export const defaultReadings: Readings = {
  wrongAccount: 404,
  crossMode: 'hidden',
  pingAbility: 'any',
  deleteAbility: 'documents:write',
  requestIdEcho: 'always',
  oversize: 422,
  insufficientCredits: 'merged',
  retryAfter: 'both',
  idempotencyScope: 'account',
  idempotencyLifetimeMs: Infinity,
  conflictCodes: 'distinct',
  replayStatus: 201,
  missingIdempotencyKey: 'accept',
  emptyMap: 'object',
  extractionsBeforeCompletion: 'empty',
  documentId: 'number',
  documentKeys: 'all',
  listKeys: 'all',
  listOrder: 'newest-first',
  paging: 'links-and-meta',
  pageSize: 15,
  linkOrigin: null,
  previews: 1,
  previewList: 'objects',
  previewId: 'number',
  pictures: 'direct',
  pictureOrigin: null,
  picturesBeforeCompletion: 'not_found',
  webhookBody: 'data.id',
  webhookRetry: 'same-id-new-timestamp',
  events: { completed: 'document.completed', error: 'document.failed', blocked: 'document.blocked' },
  pendingEvent: null,
};
