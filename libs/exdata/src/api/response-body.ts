import { parseJson } from './json.js';
import type { JsonValue } from './json.js';

/** What came with an answer. */
export type ResponseBody =
  | { readonly kind: 'json'; readonly value: JsonValue }
  /** Something that is no JSON; also nothing at all. */
  | { readonly kind: 'other' }
  | { readonly kind: 'too_large'; readonly maxBytes: number };

/** Reads no further than `maxBytes`; the rest is left and its connection closed. */
export async function readBody(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<ResponseBody> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) return { kind: 'too_large', maxBytes };
    chunks.push(chunk);
  }
  const value = parseJson(Buffer.concat(chunks));
  return value === undefined ? { kind: 'other' } : { kind: 'json', value };
}
