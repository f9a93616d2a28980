import {
  ExdataApiError,
  ExdataAuthenticationError,
  ExdataConflictError,
  ExdataInsufficientCreditsError,
  ExdataNotFoundError,
  ExdataPermissionError,
  ExdataRateLimitError,
  ExdataServerError,
  ExdataValidationError,
} from './api-errors.js';
import { errorBodyOf } from './error-body.js';
import { ExdataProtocolError } from './errors.js';
import { isHeaderText } from './header-values.js';
import type { ExdataJson } from './json.js';
import type { Operation } from './operations.js';
import { retryAfterMs } from './retry-after.js';

/** An answer that is no success, as it came. */
export interface FailedAnswer {
  readonly operation: Operation;
  /** The document that was asked for. */
  readonly documentId?: string | undefined;
  readonly status: number;
  readonly headers: {
    readonly requestId?: string | undefined;
    readonly retryAfter?: string | undefined;
    readonly location?: string | undefined;
  };
  /** The parsed body, undefined when it was no JSON or could not be read. */
  readonly body: ExdataJson | undefined;
  readonly sentRequestId: string;
  /** The address that was called. */
  readonly url: string;
  /** Epoch ms. */
  readonly now: number;
}

interface Meaning {
  readonly what: string;
  readonly advice: string;
}

const meanings: Readonly<Record<number, Meaning>> = {
  401: {
    what: 'the token is absent, wrong or revoked',
    advice: 'Check that it is the token of this environment.',
  },
  402: { what: 'the account has no credits left', advice: 'Top up, then send the document under a new key.' },
  403: {
    what: "the token may not do this, or the document is another account's",
    advice: 'Check the abilities of the token.',
  },
  404: { what: 'there is no such document for this account', advice: 'It may have been deleted or purged.' },
  408: { what: 'the request did not arrive in time', advice: 'Repeat it unchanged, with the same key.' },
  409: {
    what: 'the first call with this idempotency key is still running, or the key was used with another payload',
    advice: 'If nothing was changed, wait and repeat it with the same key.',
  },
  413: { what: 'the file is too large', advice: 'Sending it again will not help.' },
  422: {
    what: 'exdata cannot take this upload',
    advice: 'See the messages by field; the same upload would be refused again.',
  },
  429: { what: 'a limit is reached', advice: 'Wait as long as exdata asks, then repeat it unchanged.' },
};
const serverFault: Meaning = {
  what: 'exdata or something before it failed',
  advice: 'Repeat it later, unchanged and with the same key.',
};

const classes: Readonly<Record<number, typeof ExdataApiError>> = {
  401: ExdataAuthenticationError,
  403: ExdataPermissionError,
  404: ExdataNotFoundError,
  409: ExdataConflictError,
  429: ExdataRateLimitError,
};

/**
 * X-Request-ID of an exchange: the first that exdata gave, else the one that was sent. One that no log line should
 * carry is passed over.
 */
export function requestIdOf(given: readonly (string | undefined)[], sent: string): string {
  return given.find((id) => id !== undefined && id.length <= 128 && isHeaderText(id)) ?? sent;
}

/** The one place where a status becomes an error class (exdata docs: Errors). Status first, then code. */
export function httpError(answer: FailedAnswer): ExdataApiError | ExdataProtocolError {
  const { status, operation } = answer;
  if (status < 400) return redirected(answer);
  const body = errorBodyOf(answer.body);
  const requestId = requestIdOf([answer.headers.requestId, body.requestId], answer.sentRequestId);
  const unsure = status >= 500 || status === 408;
  const meaning =
    meanings[status] ?? (status >= 500 ? serverFault : { what: 'this status is not in the contract', advice: '' });
  const code = body.code ?? `http_${status}`;
  const ability = status === 403 && operation.ability !== undefined ? ` It needs ${operation.ability}.` : '';
  const message =
    `exdata answered ${status} ${code} to ${operation.id} (request ${requestId}): ${meaning.what}. ${meaning.advice}${ability}`.trimEnd();
  const details = {
    status,
    code,
    requestId,
    documentId: answer.documentId ?? body.documentId,
    exdataMessage: body.message,
    retryable: unsure || status === 409 || status === 429,
    retryAfterMs: retryAfterMs(answer.headers.retryAfter, body.retryAfterSeconds, answer.now),
    // 409 tells of an earlier call with the key, which may have made one.
    mayHaveCreatedDocument: operation.creates && (unsure || status === 409),
  };
  if (status === 402) return new ExdataInsufficientCreditsError(message, details, body.document);
  if (status === 422) return new ExdataValidationError(message, details, body.errors);
  return new (classes[status] ?? (status >= 500 ? ExdataServerError : ExdataApiError))(message, details);
}

/**
 * The token must not follow to another address, and a POST must not become a GET: a person has to look at the base URL.
 */
function redirected({ status, headers, url, operation, documentId, sentRequestId }: FailedAnswer): ExdataProtocolError {
  const requestId = requestIdOf([headers.requestId], sentRequestId);
  const target =
    headers.location !== undefined && URL.canParse(headers.location, url) ? new URL(headers.location, url) : undefined;
  const where = target === undefined ? 'without an address' : `to ${addressOf(target)}`;
  const message = `${operation.id} was redirected ${where} (status ${status}, request ${requestId}), which is not followed. Check the base URL.`;
  return new ExdataProtocolError(message, {
    status,
    code: 'redirect',
    retryable: false,
    requestId,
    documentId,
    mayHaveCreatedDocument: operation.creates,
  });
}

/** An address for a message: without query and credentials, which may be secrets. */
export function addressOf({ protocol, host, pathname }: URL): string {
  return `${protocol}//${host}${pathname}`.slice(0, 300);
}
