import type { ExdataConfig } from '../config/index.js';

/** Beside the bodies: names, ids, and the rows of documents with what exdata told of them. */
const restBytes = 1024 * 1024;

/**
 * Bytes of the largest statement on MySQL and MariaDB: their driver writes a body in hexadecimal digits, and one that
 * is no text is kept in base64.
 */
export function largestStatement({ webhook: { inbox, maxBodyBytes } }: Pick<ExdataConfig, 'webhook'>): number {
  return 2 * Math.max(inbox.maxBatchBytes, Math.ceil((maxBodyBytes * 4) / 3)) + restBytes;
}
