import { isUtf8 } from 'node:buffer';
import type { ValueTransformer } from 'typeorm';

const marker = 'base64:';

/** Bytes as text that every database has in a column: as they read where they are text, in base64 where they are not. */
export function textOf(bytes: Buffer): string {
  const text = isUtf8(bytes) ? bytes.toString('utf8') : null;
  return text === null || text.includes('\0') || text.startsWith(marker) ? marker + bytes.toString('base64') : text;
}

/** Keeps bytes in a text column. */
export const storedBody: ValueTransformer = {
  to: textOf,
  from: (stored: string): Buffer =>
    stored.startsWith(marker) ? Buffer.from(stored.slice(marker.length), 'base64') : Buffer.from(stored, 'utf8'),
};
