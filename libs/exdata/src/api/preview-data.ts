import { inParts } from './in-parts.js';
import { isJsonObject } from './json.js';
import type { ExdataJson } from './json.js';
import { itemsOf } from './list-page.js';
import { wireId } from './wire-text.js';

/**
 * A preview of a document. exdata does not document its fields (exdata docs: GET /documents/{document}/previews): its
 * id is looked for, the rest is in `raw`.
 */
export interface ExdataPreview {
  /** What `ExdataApi.preview` takes; a number or text on the wire, kept as text. Undefined where none is found. */
  readonly id: string | undefined;
  /** The item as exdata sent it. */
  readonly raw: ExdataJson;
}

/**
 * Reads a list of previews from parsed JSON.
 * @throws {z.ZodError} when it is no list
 */
export async function parsePreviews(data: ExdataJson): Promise<readonly ExdataPreview[]> {
  const previews: ExdataPreview[] = [];
  await inParts(itemsOf(data), (raw) => {
    const id = wireId.safeParse(isJsonObject(raw) ? raw.id : raw);
    previews.push({ id: id.data, raw });
  });
  return previews;
}
