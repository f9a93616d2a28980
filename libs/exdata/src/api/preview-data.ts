import { isJsonObject } from './json.js';
import type { JsonValue } from './json.js';
import { itemsOf } from './list-page.js';
import { wireId } from './wire-text.js';

/** A preview of a document. exdata does not document its fields (exdata docs: GET /documents/{document}/previews): its id is looked for, the rest is in `raw`. */
export interface ExdataPreview {
  /** What `ExdataApi.preview` takes; a number or text on the wire, kept as text. Undefined where none is found. */
  readonly id: string | undefined;
  /** The item as exdata sent it. */
  readonly raw: JsonValue;
}

/**
 * Reads a list of previews from parsed JSON.
 * @throws {z.ZodError} when it is no list
 */
export function parsePreviews(data: JsonValue): readonly ExdataPreview[] {
  return itemsOf(data).map((raw) => {
    const id = wireId.safeParse(isJsonObject(raw) ? raw.id : raw);
    return { id: id.data, raw };
  });
}
