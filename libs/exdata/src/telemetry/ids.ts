/** The ids by which one document's life is followed through logs, spans and events. */
export interface LifeIds {
  readonly account?: string | undefined;
  readonly sourceType?: string | undefined;
  readonly sourceId?: string | undefined;
  /** exdata's id of the document. */
  readonly documentId?: string | null | undefined;
  /** X-Request-ID of the exchange with exdata that this is about. */
  readonly requestId?: string | null | undefined;
  /** X-Delivery of the webhook. */
  readonly deliveryId?: string | null | undefined;
}

/** The ids that are known, without the rest. */
export function knownIds(ids: LifeIds): Record<string, string> {
  return Object.fromEntries(
    Object.entries(ids).filter((entry): entry is [string, string] => typeof entry[1] === 'string'),
  );
}
