import type { Readings } from '../readings.js';
import { ApiProblem } from './problem.js';

/** A 429 that says when to come back, where the reading says it. @param waitMs from `now`, both in milliseconds */
export function tooMany(
  code: string,
  message: string,
  waitMs: number,
  now: number,
  { retryAfter }: Readings,
): ApiProblem {
  const seconds = Math.ceil(waitMs / 1000);
  const inHeader =
    retryAfter === 'date' ? new Date(Math.ceil((now + waitMs) / 1000) * 1000).toUTCString() : String(seconds);
  const inBody = retryAfter === 'body' || retryAfter === 'both';
  const hasHeader = retryAfter !== 'body' && retryAfter !== 'none';
  return new ApiProblem(
    429,
    code,
    message,
    inBody ? { retry_after: seconds } : {},
    hasHeader ? { 'Retry-After': inHeader } : {},
  );
}
