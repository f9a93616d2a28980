import { inflate } from './inflate.js';

const streamStart = /(?<!end)stream\r?\n/g;
/** A dictionary that stands before a stream is looked for this far back. */
const dictionaryReach = 4096;

/**
 * Whether the object streams and cross-reference streams of a PDF stay within `limit` bytes in all. pdf-lib unpacks
 * them while it loads and has no bound of its own, so this is asked first. A filter other than Flate on such a stream,
 * or none, counts as out of bounds.
 */
export function objectStreamsWithin(pdf: Uint8Array, limit: number): boolean {
  const text = Buffer.from(pdf.buffer, pdf.byteOffset, pdf.byteLength).toString('latin1');
  let left = limit;
  for (const { index, 0: keyword } of text.matchAll(streamStart)) {
    const dictionary = dictionaryBefore(text, index);
    if (!/\/(?:ObjStm|XRef)\b/.test(dictionary)) continue;
    const filters = dictionary.match(/\/[A-Za-z0-9]+Decode\b/g) ?? [];
    const start = index + keyword.length;
    if (filters.length === 0) continue;
    if (filters.length > 1 || filters[0] !== '/FlateDecode') return false;
    try {
      left -= inflate(pdf.subarray(start), left).length;
    } catch {
      return false;
    }
    if (left <= 0) return false;
  }
  return true;
}

/**
 * The text from the last `obj` to the stream's keyword, names in plain letters (`/Obj#53tm` is `/ObjStm`; ISO 32000-1,
 * 7.3.5).
 */
function dictionaryBefore(text: string, end: number): string {
  const before = text.slice(Math.max(0, end - dictionaryReach), end);
  const from = Math.max(before.lastIndexOf(' obj'), 0);
  return before
    .slice(from)
    .replace(/#([0-9A-Fa-f]{2})/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
