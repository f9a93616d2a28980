/**
 * Where exdata's documentation is silent or can be read in more than one way, the simulator plays the reading chosen here. All may be
 * changed at any time; a change counts from the next request or delivery on.
 */
export interface Readings {
  /** Answer for a document of another account (exdata docs: 403, but an id outside the account may also be 404). */
  wrongAccount: 403 | 404;
  /** Whether a token sees documents of the other mode. */
  crossMode: 'hidden' | 'visible';
  /** Answer to a file over the limit: exdata's validation, or a proxy in front of it. */
  oversize: 413 | 422;
  /** Body of a 402: the error envelope, `{"data": Document}`, or both in one. */
  insufficientCredits: 'envelope' | 'data' | 'merged';
  /** Within what an `Idempotency-Key` is unique. */
  idempotencyScope: 'account' | 'token';
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
  /** Where a webhook's body names the document. */
  webhookBody: 'data.id' | 'data.document.id' | 'document.id' | 'document_id';
  /** What a retried delivery keeps. */
  webhookRetry: 'same-id-same-timestamp' | 'same-id-new-timestamp' | 'new-id';
  /** Event type for each end of processing; only the first is documented. */
  events: { completed: string; error: string; blocked: string };
}

export const defaultReadings: Readings = {
  wrongAccount: 404,
  crossMode: 'hidden',
  oversize: 422,
  insufficientCredits: 'merged',
  idempotencyScope: 'account',
  replayStatus: 201,
  missingIdempotencyKey: 'accept',
  emptyMap: 'object',
  extractionsBeforeCompletion: 'empty',
  documentId: 'number',
  webhookBody: 'data.id',
  webhookRetry: 'same-id-new-timestamp',
  events: { completed: 'document.completed', error: 'document.failed', blocked: 'document.blocked' },
};
