/** What is known about the exchange in which an error arose. */
export interface ExdataErrorDetails {
  /** Stable, machine-readable; exdata's own code where it gave one. */
  readonly code: string;
  /** Whether the same call, with the same idempotency key, may be made again. */
  readonly retryable: boolean;
  /** The least time to wait before, in milliseconds, where exdata named one. */
  readonly retryAfterMs?: number | undefined;
  /** Whether exdata may have accepted an upload although the call failed. */
  readonly mayHaveCreatedDocument?: boolean | undefined;
  readonly requestId?: string | undefined;
  readonly documentId?: string | undefined;
  /** The local thing the document stands for. */
  readonly source?: { readonly type: string; readonly id: string } | undefined;
  readonly cause?: unknown;
}

/** The root of every error of this package. Carries ids and codes only: no token, body or file name. */
export class ExdataError extends Error {
  readonly code: string;
  readonly retryable: boolean;
  readonly retryAfterMs: number | undefined;
  readonly mayHaveCreatedDocument: boolean;
  readonly requestId: string | undefined;
  readonly documentId: string | undefined;
  readonly source: { readonly type: string; readonly id: string } | undefined;

  constructor(message: string, details: ExdataErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    this.name = new.target.name;
    this.code = details.code;
    this.retryable = details.retryable;
    this.retryAfterMs = details.retryAfterMs;
    this.mayHaveCreatedDocument = details.mayHaveCreatedDocument ?? false;
    this.requestId = details.requestId;
    this.documentId = details.documentId;
    this.source = details.source;
  }

  toJSON(): Record<string, unknown> {
    const { name, message, code, retryable, retryAfterMs, mayHaveCreatedDocument, requestId, documentId, source } = this;
    return { name, message, code, retryable, retryAfterMs, mayHaveCreatedDocument, requestId, documentId, source };
  }
}

/** The configuration cannot work; the message names each field at fault. */
export class ExdataConfigurationError extends ExdataError {
  constructor(message: string) {
    super(message, { code: 'configuration', retryable: false });
  }
}

/** An argument cannot be sent; nothing left this process. */
export class ExdataRequestError extends ExdataError {
  constructor(
    readonly field: string,
    problem: string,
  ) {
    super(`${field} ${problem}`, { code: 'invalid_request', retryable: false });
  }
}

export interface ExdataApiErrorDetails extends ExdataErrorDetails {
  readonly status: number;
}

/** exdata answered, with a status that is no success (exdata docs: Errors). */
export class ExdataApiError extends ExdataError {
  readonly status: number;

  constructor(message: string, details: ExdataApiErrorDetails) {
    super(message, details);
    this.status = details.status;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), status: this.status };
  }
}

/** 422: exdata cannot take the upload; `fields` says what of it. Sending the same again is of no use. */
export class ExdataValidationError extends ExdataApiError {
  readonly fields: Readonly<Record<string, readonly string[]>>;

  constructor(message: string, details: ExdataApiErrorDetails, fields: Readonly<Record<string, readonly string[]>>) {
    super(message, details);
    this.fields = fields;
  }
}

/** 401: the token is absent, wrong or revoked. */
export class ExdataAuthenticationError extends ExdataApiError {}
/** 403: the token lacks an ability, or the document is another account's. */
export class ExdataPermissionError extends ExdataApiError {}
/** 404: there is no such document, or it is another account's. */
export class ExdataNotFoundError extends ExdataApiError {}
/** 409: the first call with this idempotency key still runs, or the key was used with another payload. */
export class ExdataConflictError extends ExdataApiError {}
/** 429: too many requests, or the sandbox's daily limit (`test_mode_limit_exceeded`). */
export class ExdataRateLimitError extends ExdataApiError {}
/** 402: no credits are left. Top up, then send under a new key. */
export class ExdataInsufficientCreditsError extends ExdataApiError {}
/** 5xx: exdata, or something before it, failed. */
export class ExdataServerError extends ExdataApiError {}

/** No answer came: refused, cut or unresolved. */
export class ExdataConnectionError extends ExdataError {}
/** No answer came in time. */
export class ExdataTimeoutError extends ExdataError {}
/** What came is no answer of exdata's: a redirect, a body that is too large or not what the contract says. */
export class ExdataProtocolError extends ExdataError {}
