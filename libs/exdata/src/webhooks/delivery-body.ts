/**
 * An id that the client can ask exdata for: its own rule, and what the columns hold. With any other the delivery names
 * no document, and need not be retried for days to find that out. A number that lost digits on the way in names another
 * document. By hand, since every delivery of a flood is looked at, and a schema takes longer than the rest of the look.
 */
function askableId(id: unknown): string | null {
  if (typeof id === 'number') return Number.isSafeInteger(id) ? String(id) : null;
  return typeof id === 'string' && /^(?!\.+$)[\x21-\x7e]{1,255}$/.test(id) ? id : null;
}

const places = [
  ['data', 'document', 'id'],
  ['document', 'id'],
  ['document_id'],
  ['data', 'document_id'],
  ['data', 'id'],
] as const;

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
  return documentIdOf(json);
}

/** As {@link documentIdIn}, of what the body says. */
export function documentIdOf(json: unknown): string | null {
  for (const place of places) {
    const id = askableId(at(json, place));
    if (id !== null) return id;
  }
  return null;
}

function at(json: unknown, place: readonly string[]): unknown {
  let value = json;
  for (const name of place) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Readonly<Record<string, unknown>>)[name];
  }
  return value;
}
