import { isUtf8 } from 'node:buffer';
import type { ValueTransformer } from 'typeorm';

const marker = 'base64:';

/**
 * Bytes as the UTF-8 of a text that every database has in a column: the same where they are text, in base64 where they
 * are not.
 */
export function textBytesOf(bytes: Buffer): Buffer {
  const isText = isUtf8(bytes) && !bytes.includes(0) && bytes.toString('latin1', 0, marker.length) !== marker;
  return isText ? bytes : Buffer.from(marker + bytes.toString('base64'), 'latin1');
}

const textOf = (bytes: Buffer): string => textBytesOf(bytes).toString('utf8');

/** Keeps bytes in a text column. */
export const storedBody: ValueTransformer = {
  to: textOf,
  from: (stored: string): Buffer =>
    stored.startsWith(marker) ? Buffer.from(stored.slice(marker.length), 'base64') : Buffer.from(stored, 'utf8'),
};
