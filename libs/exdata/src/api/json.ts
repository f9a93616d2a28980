/** What JSON can say (RFC 8259). */
export type ExdataJson = string | number | boolean | null | readonly ExdataJson[] | JsonObject;

/** A JSON object: a map from names to values. */
export interface JsonObject {
  readonly [name: string]: ExdataJson;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * The JSON in these bytes, undefined when they are none. Nothing of the text reaches an error: in Node 20 a SyntaxError
 * quotes what it could not read.
 * @param bytes UTF-8, with or without a byte order mark
 */
export function parseJson(bytes: Uint8Array): ExdataJson | undefined {
  try {
    return JSON.parse(utf8.decode(bytes)) as ExdataJson;
  } catch {
    return undefined;
  }
}

/** Whether it is a JSON object, so neither a list nor null. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** PHP writes a map without entries as `[]`; a map that is not there at all reads the same. */
export function emptyListAsMap(value: unknown): unknown {
  return value === null || (Array.isArray(value) && value.length === 0) ? {} : value;
}
