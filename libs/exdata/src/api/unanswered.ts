import { types } from 'node:util';
import { ExdataConnectionError, ExdataError, ExdataTimeoutError } from './errors.js';
import { ProxyFailure } from './proxy-failure.js';

/** A call that ended without an answer. */
export interface UnansweredCall {
  /** exdata's operationId. */
  readonly operation: string;
  readonly documentId?: string | undefined;
  readonly requestId: string;
  /** Whether bytes of an upload have begun to leave. */
  readonly uploadStarted: boolean;
  /** How long was waited, in milliseconds, where that was too long. */
  readonly timedOutAfterMs: number | undefined;
}

const closedCodes: readonly unknown[] = ['UND_ERR_CLOSED', 'UND_ERR_DESTROYED'];

/** The one place where a failure of the connection becomes an error class. An {@link ExdataError} is left as it is. */
export function unanswered(call: UnansweredCall, cause: unknown): ExdataError {
  if (cause instanceof ExdataError) return cause;
  const { operation, documentId, requestId, uploadStarted, timedOutAfterMs } = call;
  const details = { retryable: true, requestId, documentId, mayHaveCreatedDocument: uploadStarted };
  const advice = uploadStarted
    ? 'The document may have been created: repeat the call unchanged, with the same key.'
    : 'It may be repeated.';
  if (timedOutAfterMs !== undefined) {
    const message = `exdata did not answer ${operation} within ${timedOutAfterMs} ms (request ${requestId}). ${advice}`;
    return new ExdataTimeoutError(message, { ...details, code: 'timeout' });
  }
  if (cause instanceof ProxyFailure) {
    const message = `${cause.message} during ${operation} (request ${requestId}). ${[cause.advice, advice].filter(Boolean).join(' ')}`;
    return new ExdataConnectionError(
      message,
      { ...details, code: 'connection', cause },
      `${cause.proxy} ${cause.what}`,
    );
  }
  const systemCode = codeOf(cause);
  if (closedCodes.includes(systemCode)) {
    return new ExdataConnectionError(`${operation} was called on a client that is closed`, {
      ...details,
      code: 'client_closed',
      retryable: false,
      cause,
    });
  }
  const reached = uploadStarted || systemCode === 'UND_ERR_SOCKET' || systemCode === 'ECONNRESET';
  const what = reached ? 'the connection to exdata was lost' : 'exdata could not be reached';
  const message = `${what} during ${operation} (${systemCode}, request ${requestId}). ${advice}`;
  return new ExdataConnectionError(message, { ...details, code: 'connection', cause });
}

function codeOf(error: unknown): string {
  if (!types.isNativeError(error)) return 'unknown';
  return 'code' in error && typeof error.code === 'string' ? error.code : error.name;
}
