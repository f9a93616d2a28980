import { ExdataError } from '../api/index.js';

/** What a log line may say of an error. */
export function errorName(error: unknown): string {
  if (error instanceof ExdataError) return error.code;
  return error instanceof Error ? error.name : 'unknown';
}
