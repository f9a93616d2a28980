import { z } from 'zod';
import type { ExdataJson } from './json.js';
import { withinDepth } from './nesting.js';

/**
 * Text as exdata gives it, without NUL: PostgreSQL keeps none in text, so that a document whose error holds one could
 * never end.
 */
export const wireText = z.string().transform((text) => text.replaceAll('\0', ''));

/** As {@link wireText}, cut to so many characters: for words that go into rows and lines, where nobody reads a book. */
export const wireWords = (longest: number) => wireText.transform((text) => shortened(text, longest));

/** A number that lost digits on the way in names another document: refused. */
export const wireId = z.union([z.int().transform(String), wireText.pipe(z.string().min(1).max(255))]);

/** Any value in at most so many characters: text as it is, anything else as its JSON. */
export function wordsOf(value: ExdataJson, longest: number): string {
  return shortened(typeof value === 'string' ? value : JSON.stringify(withinDepth(value, 16)), longest).replaceAll(
    '\0',
    '',
  );
}

/** At most so many characters, with a sign where something is missing, and without half a character at the end. */
function shortened(text: string, longest: number): string {
  return text.length <= longest ? text : `${text.slice(0, longest - 1).replace(/[\ud800-\udbff]$/, '')}…`;
}
