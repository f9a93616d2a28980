import { types } from 'node:util';
import type { ExdataError } from '../api/index.js';

/** Whether an attempt failed because its bytes are not there, rather than because they could not be read just now. */
export function isWithoutBytes({ code, cause }: ExdataError): boolean {
  return code === 'bytes_gone' || (code === 'file_unreadable' && isMissing(cause));
}

/** What a spool that does not have the bytes fails with, as a file system does. */
function isMissing(error: unknown): boolean {
  return types.isNativeError(error) && 'code' in error && error.code === 'ENOENT';
}
