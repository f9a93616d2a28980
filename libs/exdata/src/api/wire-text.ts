import { z } from 'zod';

/** Text as exdata gives it, without NUL: PostgreSQL keeps none in text, so that a document whose error holds one could never end. */
export const wireText = z.string().transform((text) => text.replaceAll('\0', ''));

/** A number that lost digits on the way in names another document: refused. */
export const wireId = z.union([z.int().transform(String), wireText.pipe(z.string().min(1).max(255))]);
