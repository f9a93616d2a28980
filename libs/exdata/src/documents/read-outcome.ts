import {
  ExdataApiError,
  ExdataConnectionError,
  ExdataError,
  ExdataNotFoundError,
  ExdataProtocolError,
} from '../api/index.js';

/** What a read that failed means for the work that needs what was read. */
export type ReadOutcome =
  /** It is tried again on the schedule. */
  | 'retry'
  /** It is tried again on the schedule, and has been for long enough that a person is to know. */
  | 'tell'
  /** The same would come again: a person has to look. */
  | 'end';

/**
 * How often exdata may say that it has no such document: what it has just made may be a moment late. About a quarter of
 * a minute by the default schedule.
 */
const absencesBorne = 4;
/**
 * After how many failures a person is told where what answers is not as the contract says: about two minutes by the
 * default schedule.
 */
const oddAnswersBorne = 7;
/** The same where exdata fails: about half an hour. */
const faultsBorne = 11;

/**
 * The one decision on a read that failed. What concerns the account rather than the document (401, 403, 429) has become
 * a wait before it comes here, and where exdata cannot be reached at all, nothing is said of the document.
 * @param failures attempts that failed in a row before this one
 */
export function afterReadError(error: unknown, failures: number): ReadOutcome {
  if (!(error instanceof ExdataError) || error instanceof ExdataConnectionError) return 'retry';
  if (error instanceof ExdataNotFoundError) return failures >= absencesBorne ? 'end' : 'retry';
  if (error instanceof ExdataProtocolError) return afterOddAnswer(error, failures);
  if (error instanceof ExdataApiError && !error.retryable) return 'end';
  return failures >= faultsBorne ? 'tell' : 'retry';
}

/** A redirect says something of the way to exdata, and nothing of the document. */
function afterOddAnswer({ code, retryable }: ExdataProtocolError, failures: number): ReadOutcome {
  if (!retryable && code !== 'redirect') return 'end';
  return failures >= oddAnswersBorne ? 'tell' : 'retry';
}
