import { z } from 'zod';
import { emptyListAsMap } from './document-data.js';
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
} from './errors.js';
import { retryAfterMs } from './retry-after.js';

/** An answer that is no success, as it came. */
export interface FailedAnswer {
  readonly operation: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** The parsed body, undefined when it was no JSON. */
  readonly body: unknown;
  readonly requestId: string;
  /** Whether the call could make a document. */
  readonly creates: boolean;
  /** Epoch ms. */
  readonly now: number;
}

const id = z.union([z.number(), z.string()]).transform(String).optional().catch(undefined);
const envelope = z.object({
  message: z.string().optional().catch(undefined),
  code: z.string().max(100).optional().catch(undefined),
  id,
  data: z.object({ id }).optional().catch(undefined),
  document: z.object({ id }).optional().catch(undefined),
  errors: z
    .preprocess(emptyListAsMap, z.record(z.string(), z.union([z.array(z.string()), z.string().transform((text) => [text])])))
    .optional()
    .catch(undefined),
  retry_after: z.number().nonnegative().optional().catch(undefined),
});

const advice: Readonly<Record<number, string>> = {
  401: 'check that the token is the one of this environment and was not revoked',
  402: 'top up the account; the document has to be sent under a new key afterwards',
  403: 'the token may lack an ability (documents:write to upload, documents:read to read), or the document is of another account',
  404: 'the document was deleted, or is of another account',
  409: 'the first call with this key may still be running: wait, then repeat it unchanged with the same key',
  422: 'see the messages by field; the same upload will be refused again',
};

/** The one place where a status becomes an error class (exdata docs: Errors). Status first, then code. */
export function httpError(answer: FailedAnswer): ExdataApiError {
  const { status, requestId, operation } = answer;
  const parsed = envelope.safeParse(answer.body);
  const body = parsed.success ? parsed.data : {};
  const code = body.code ?? `http_${String(status)}`;
  const unsure = status >= 500 || status === 408;
  const details = {
    status,
    code,
    requestId,
    documentId: body.data?.id ?? body.document?.id ?? body.id,
    retryable: unsure || status === 409 || status === 429,
    retryAfterMs: retryAfterMs(answer.headers['retry-after'], body.retry_after, answer.now),
    mayHaveCreatedDocument: answer.creates && (unsure || status === 409),
  };
  const said = body.message === undefined ? '' : ` "${body.message.slice(0, 300)}"`;
  const what = advice[status];
  const message = `${operation}: exdata answered ${String(status)} ${code}${said} (request ${requestId})${what === undefined ? '' : `; ${what}`}`;
  if (status === 422) return new ExdataValidationError(message, details, body.errors ?? {});
  return new (classOf(status))(message, details);
}

function classOf(status: number): typeof ExdataApiError {
  if (status === 401) return ExdataAuthenticationError;
  if (status === 402) return ExdataInsufficientCreditsError;
  if (status === 403) return ExdataPermissionError;
  if (status === 404) return ExdataNotFoundError;
  if (status === 409) return ExdataConflictError;
  if (status === 429) return ExdataRateLimitError;
  return status >= 500 ? ExdataServerError : ExdataApiError;
}
