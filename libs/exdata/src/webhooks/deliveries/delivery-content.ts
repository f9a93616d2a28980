import { z } from 'zod';
import { parseDocument, wireText } from '../../api/index.js';
import type { ExdataDocumentData } from '../../api/index.js';
import { DeadLetterError } from '../../handlers/index.js';
import { documentIdOf } from '../delivery-body.js';
import type { ExdataDelivery } from '../delivery.entity.js';

/** What the signed bytes say, as far as it can be read. */
export interface DeliveryContent {
  /** Null where the bytes are no JSON, or are not kept any more. */
  readonly json: unknown;
  /** exdata's id of the document that they name. */
  readonly documentId: string | null;
  /** The event as it is signed; null where only the header tells it. */
  readonly event: string | null;
}

const nothing: DeliveryContent = { json: null, documentId: null, event: null };

const map = z.record(z.string(), z.unknown());
const eventName = wireText.pipe(z.string().min(1));
const named = z.union([
  z.object({ event: eventName }).transform(({ event }) => event),
  z.object({ type: eventName }).transform(({ type }) => type),
]);

/** Reads the body in whatever shape it has: exdata publishes none. */
export function contentOf(body: Uint8Array): DeliveryContent {
  const json = jsonOf(body);
  if (json === undefined) return nothing;
  return {
    json,
    documentId: documentIdOf(json),
    event: named.safeParse(json).data ?? null,
  };
}

/**
 * What names no document is an event of another kind, unless it says otherwise or cannot be read at all.
 * @throws {DeadLetterError} `expired` or `parse`
 */
export function checkNamesNone(
  row: Pick<ExdataDelivery, 'bodyDropped' | 'event'>,
  { json, event }: DeliveryContent,
): void {
  if (row.bodyDropped)
    throw new DeadLetterError('expired', 'its body is not kept any more, and it was not known which document it names');
  if (json === null) throw new DeadLetterError('parse', 'the signed body is no JSON');
  if (speaksOfDocument(event ?? row.event)) throw new DeadLetterError('parse', 'the signed body names no document');
}

/** Whether an event is about a document, by its name (exdata docs: Webhooks name `document.completed`). */
function speaksOfDocument(event: string): boolean {
  return event.startsWith('document.');
}

function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body)) as unknown;
  } catch {
    return undefined;
  }
}

/** The document itself, where the signed bytes carry one with a status. */
export function documentIn({ json }: DeliveryContent): ExdataDocumentData | null {
  const top = map.safeParse(json).data;
  const data = map.safeParse(top?.data).data;
  for (const place of [data?.document, top?.document, data]) {
    try {
      return parseDocument(place);
    } catch {
      // The next place may hold it.
    }
  }
  return null;
}
