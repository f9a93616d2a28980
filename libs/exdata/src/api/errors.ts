import type { ExdataDocumentData } from './document-data.js';

/** The local thing that a document stands for. */
export interface ExdataErrorSource {
  readonly type: string;
  readonly id: string;
}

/** What is known about the exchange in which an error arose. */
export interface ExdataErrorDetails {
  /** Stable, machine-readable; exdata's own code where it gave one. */
  readonly code: string;
  /** Whether the same call, unchanged and with the same idempotency key, may succeed later. */
  readonly retryable: boolean;
  /** The least time to wait before that, in milliseconds, where exdata named one. */
  readonly retryAfterMs?: number | undefined;
  /** Default false. */
  readonly mayHaveCreatedDocument?: boolean | undefined;
  readonly requestId?: string | undefined;
  readonly documentId?: string | undefined;
  readonly source?: ExdataErrorSource | undefined;
  readonly cause?: unknown;
}

/** The root of every error of this package. Message and JSON carry ids and codes only: no token, no body, no file name. */
export class ExdataError extends Error {
  readonly code: string;
  /** Whether the same call, unchanged and with the same idempotency key, may succeed later. */
  readonly retryable: boolean;
  /** The least time to wait before that, in milliseconds, where exdata named one. */
  readonly retryAfterMs?: number;
  /** Whether exdata may hold a document under the call's idempotency key although the call failed. */
  readonly mayHaveCreatedDocument: boolean;
  /** X-Request-ID: exdata's where it answered, else ours. */
  readonly requestId?: string;
  /** exdata's id of the document, where known. */
  documentId?: string;
  source?: ExdataErrorSource;

  constructor(message: string, details: ExdataErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    Object.defineProperty(this, 'name', { value: new.target.name, configurable: true, writable: true });
    // Taken again, so that the stack begins with the class's name.
    Error.captureStackTrace(this, new.target);
    this.code = details.code;
    this.retryable = details.retryable;
    this.mayHaveCreatedDocument = details.mayHaveCreatedDocument ?? false;
    if (details.retryAfterMs !== undefined) this.retryAfterMs = details.retryAfterMs;
    if (details.requestId !== undefined) this.requestId = details.requestId;
    this.withContext(details);
  }

  /** Adds what a caller further up knows; what is already known stays. Returns the error itself, to be thrown on. */
  withContext({ documentId, source }: Pick<ExdataErrorDetails, 'documentId' | 'source'>): this {
    if (documentId !== undefined) this.documentId ??= documentId;
    if (source !== undefined) this.source ??= source;
    return this;
  }

  /** For logs: ids and codes, without the cause. */
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

/** An argument cannot be sent. The message names the field and its limit. */
export class ExdataRequestError extends ExdataError {
  constructor(
    readonly field: string,
    problem: string,
    details: ExdataErrorDetails = { code: 'invalid_request', retryable: false },
  ) {
    super(`${field} ${problem}`, details);
  }
}

/** Why the bytes of an upload could not be sent as announced. */
export type UploadStreamFault = 'file_too_short' | 'file_too_long' | 'file_digest_mismatch' | 'file_unreadable';

/** The file is not the one that was announced, or cannot be read. The request was broken off before its end, so exdata cannot have taken it for whole. */
export class ExdataUploadStreamError extends ExdataRequestError {
  constructor(code: UploadStreamFault, problem: string, cause?: unknown) {
    super('file', problem, { code, retryable: code === 'file_unreadable', cause });
  }
}

/** No answer came, or it broke off: the address cannot be resolved, the connection was refused or lost. */
export class ExdataConnectionError extends ExdataError {}

/** No whole answer came in time. */
export class ExdataTimeoutError extends ExdataError {}

/** What came is no answer of exdata's: a redirect, a body that is too large or not what the contract says. */
export class ExdataProtocolError extends ExdataError {}

/** An {@link ExdataErrorDetails} with the answer's status. */
export interface ExdataApiErrorDetails extends ExdataErrorDetails {
  readonly status: number;
  readonly exdataMessage?: string | undefined;
}

/** exdata answered, with a status that is no success (exdata docs: Errors). Branch on the class or `status` first, then on `code`. */
export class ExdataApiError extends ExdataError {
  readonly status: number;
  readonly #exdataMessage: string | undefined;

  constructor(message: string, details: ExdataApiErrorDetails) {
    super(message, details);
    this.status = details.status;
    this.#exdataMessage = details.exdataMessage;
  }

  /** exdata's own words, for a person. They may quote what was sent (a file name), so logs, JSON and `message` go without them. */
  get exdataMessage(): string | undefined {
    return this.#exdataMessage;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), status: this.status };
  }
}

/** 422: exdata cannot take the upload. Sending the same again is of no use. */
export class ExdataValidationError extends ExdataApiError {
  readonly #fields: Readonly<Record<string, string[]>>;

  constructor(message: string, details: ExdataApiErrorDetails, fields: Readonly<Record<string, string[]>>) {
    super(message, details);
    this.#fields = fields;
  }

  /** exdata's messages by the field they are about. They may quote values: JSON has the names alone. */
  get fields(): Readonly<Record<string, string[]>> {
    return this.#fields;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), fields: Object.keys(this.#fields) };
  }
}

/** 401: the token is absent, wrong or revoked. */
export class ExdataAuthenticationError extends ExdataApiError {}

/** 403: the token lacks an ability, or the document is another account's. */
export class ExdataPermissionError extends ExdataApiError {}

/** 404: there is no such document (any more), or it is another account's. */
export class ExdataNotFoundError extends ExdataApiError {}

/** 409: the first call with this idempotency key still runs, or the key was used with another payload (exdata docs: Idempotency). */
export class ExdataConflictError extends ExdataApiError {}

/** 429: too many requests, or the sandbox's daily limit (`test_mode_limit_exceeded`). */
export class ExdataRateLimitError extends ExdataApiError {}

/** 402: no credits are left. Top up, then send under a new key (exdata docs: Credits). */
export class ExdataInsufficientCreditsError extends ExdataApiError {
  readonly #document: ExdataDocumentData | undefined;

  constructor(message: string, details: ExdataApiErrorDetails, document?: ExdataDocumentData) {
    super(message, details);
    this.#document = document;
  }

  /** The blocked document that exdata keeps, where the answer tells of it. */
  get document(): ExdataDocumentData | undefined {
    return this.#document;
  }
}

/** 5xx: exdata, or something before it, failed. */
export class ExdataServerError extends ExdataApiError {}
