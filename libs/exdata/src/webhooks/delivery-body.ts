import { z } from 'zod';
import { wireId } from '../api/index.js';

const places = [
  z.object({ data: z.object({ document: z.object({ id: wireId }) }) }).transform((body) => body.data.document.id),
  z.object({ document: z.object({ id: wireId }) }).transform((body) => body.document.id),
  z.object({ document_id: wireId }).transform((body) => body.document_id),
  z.object({ data: z.object({ document_id: wireId }) }).transform((body) => body.data.document_id),
  z.object({ data: z.object({ id: wireId }) }).transform((body) => body.data.id),
];

/**
 * The document that a delivery is about, or null if it names none. exdata does not publish the shape of the body,
 * so each place where an id may stand is looked at; what the id leads to is asked of exdata anyway.
 */
export function documentIdIn(body: Uint8Array): string | null {
  let json: unknown;
  try {
    json = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch {
    return null;
  }
  for (const place of places) {
    const found = place.safeParse(json);
    if (found.success) return found.data;
  }
  return null;
}
