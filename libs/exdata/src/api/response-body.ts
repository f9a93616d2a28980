import { parseJson } from './json.js';
import type { ExdataJson } from './json.js';
import { isTooHeavy, weigh } from './json-weight.js';
import type { SentSecret } from './sent-secret.js';

/** What came with an answer. */
export type ResponseBody =
  | {
      readonly kind: 'json';
      readonly value: ExdataJson;
      /** How deep its lists and objects stand in each other. */ readonly depth: number;
    }
  /** Something that is no JSON; also nothing at all. */
  | { readonly kind: 'other' }
  /** JSON of so many values that reading it would hold up the process. */
  | { readonly kind: 'too_heavy' }
  | { readonly kind: 'too_large'; readonly maxBytes: number };

/**
 * Reads no further than `maxBytes`; the rest is left and its connection closed. What was sent in secret is taken out of
 * what comes back.
 */
export async function readBody(
  body: AsyncIterable<Uint8Array>,
  maxBytes: number,
  sent: SentSecret,
): Promise<ResponseBody> {
  // One piece of memory that grows, so that a body in many small chunks costs no more than its bytes.
  let held = Buffer.alloc(0);
  let size = 0;
  for await (const chunk of body) {
    if (size + chunk.length > maxBytes) return { kind: 'too_large', maxBytes };
    if (size + chunk.length > held.length) {
      const larger = Buffer.alloc(Math.min(maxBytes, Math.max(2 * held.length, size + chunk.length)));
      held.copy(larger, 0, 0, size);
      held = larger;
    }
    held.set(chunk, size);
    size += chunk.length;
  }
  const bytes = sent.withheldFrom(held.subarray(0, size));
  const weight = weigh(bytes);
  if (isTooHeavy(weight)) return { kind: 'too_heavy' };
  const value = parseJson(bytes);
  return value === undefined ? { kind: 'other' } : { kind: 'json', value, depth: weight.depth };
}
