import { z } from 'zod';

/**
 * An id that the client can ask exdata for: its own rule, and what the columns hold. With any other the delivery names no document,
 * and need not be retried for days to find that out. A number that lost digits on the way in names another document.
 */
const askableId = z.union([z.int().transform(String), z.string().regex(/^(?!\.+$)[\x21-\x7e]{1,255}$/)]);

const places = [
  z.object({ data: z.object({ document: z.object({ id: askableId }) }) }).transform((body) => body.data.document.id),
  z.object({ document: z.object({ id: askableId }) }).transform((body) => body.document.id),
  z.object({ document_id: askableId }).transform((body) => body.document_id),
  z.object({ data: z.object({ document_id: askableId }) }).transform((body) => body.data.document_id),
  z.object({ data: z.object({ id: askableId }) }).transform((body) => body.data.id),
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
