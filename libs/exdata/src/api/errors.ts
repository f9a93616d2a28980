import { resendOf, saysYes } from './resend.js';
import type { ExdataResend } from './resend.js';

/** The local thing that a document stands for. */
export interface ExdataErrorSource {
  readonly type: string;
  readonly id: string;
}

/** One attempt of a call, failed. */
export interface ExdataAttempt {
  /** When it began; epoch ms. */
  readonly at: number;
  /** The answer's status; null when none came. */
  readonly status: number | null;
  /** As in {@link ExdataError.code}. */
  readonly code: string;
  /** X-Request-ID: exdata's where it answered, else ours. */
  readonly requestId: string;
  /** How long was waited before it, in milliseconds. */
  readonly waitedMs: number;
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

/** What the whole call shows, beyond its last attempt. */
export type ExdataCallFacts = Pick<ExdataError, 'sentRequestId' | 'attempts' | 'mayHaveCreatedDocument' | 'resend'>;

/**
 * The root of every error of this package. Message and JSON carry ids and codes only: no token, no body, no file name.
 */
export class ExdataError extends Error {
  readonly code: string;
  /**
   * Whether the same call, unchanged and with the same idempotency key, may succeed later; true where `resend` says
   * yes.
   */
  readonly retryable: boolean;
  /** May it be sent again? */
  readonly resend: ExdataResend;
  /** The least time to wait before that, in milliseconds, where exdata named one. */
  readonly retryAfterMs?: number;
  /** Whether exdata may hold a document under the call's idempotency key although the call failed. */
  readonly mayHaveCreatedDocument: boolean;
  /** X-Request-ID: exdata's where it answered, else ours. */
  readonly requestId?: string;
  /** The X-Request-ID that we sent, with each attempt. */
  readonly sentRequestId?: string;
  /** Each attempt of the call, in order; empty when none was made. */
  readonly attempts: readonly ExdataAttempt[] = [];
  /** exdata's id of the document, where known. */
  documentId?: string;
  source?: ExdataErrorSource;

  constructor(message: string, details: ExdataErrorDetails) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause });
    Object.defineProperty(this, 'name', { value: new.target.name, configurable: true, writable: true });
    // Taken again, so that the stack begins with the class's name.
    Error.captureStackTrace(this, new.target);
    const { code, retryable, mayHaveCreatedDocument = false } = details;
    this.code = code;
    this.retryable = retryable;
    this.mayHaveCreatedDocument = mayHaveCreatedDocument;
    this.resend = resendOf({
      retryable,
      mayHaveCreatedDocument,
      creates: mayHaveCreatedDocument,
      keyed: true,
      status: null,
    });
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

  /**
   * Sets what the whole call shows: an attempt that went before may weigh more than the last. Returns the error itself,
   * to be thrown.
   */
  withCall(facts: ExdataCallFacts): this {
    const all: ExdataCallFacts & Pick<ExdataError, 'retryable'> = { ...facts, retryable: saysYes(facts.resend) };
    return Object.assign(this, all);
  }

  /** For logs: ids and codes, without the cause. */
  toJSON(): Record<string, unknown> {
    const { name, message, code, retryable, resend, retryAfterMs, mayHaveCreatedDocument } = this;
    const { requestId, sentRequestId, attempts, documentId, source } = this;
    return {
      ...{ name, message, code, retryable, resend, retryAfterMs, mayHaveCreatedDocument },
      ...{ requestId, sentRequestId, attempts, documentId, source },
    };
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

/**
 * The file is not the one that was announced, or cannot be read. The request was broken off before its end, so exdata
 * cannot have taken it for whole.
 */
export class ExdataUploadStreamError extends ExdataRequestError {
  constructor(code: UploadStreamFault, problem: string, cause?: unknown) {
    super('file', problem, { code, retryable: code === 'file_unreadable', cause });
  }
}

/** No answer came, or it broke off: the address cannot be resolved, the connection was refused or lost. */
export class ExdataConnectionError extends ExdataError {
  /** Where there was no way through the proxy: its host and port, and what it did. Never its user and password. */
  readonly proxy?: string;

  constructor(message: string, details: ExdataErrorDetails, proxy?: string) {
    super(message, details);
    if (proxy !== undefined) this.proxy = proxy;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), proxy: this.proxy };
  }
}

/** No whole answer came in time. */
export class ExdataTimeoutError extends ExdataError {}

/** An {@link ExdataErrorDetails} with the answer's status. */
export interface ExdataAnswerErrorDetails extends ExdataErrorDetails {
  readonly status: number;
}

/**
 * What came is no answer of exdata's: a redirect, a body that is too large or not what the contract says, a list that
 * leads elsewhere or nowhere.
 */
export class ExdataProtocolError extends ExdataError {
  readonly status: number;

  constructor(message: string, details: ExdataAnswerErrorDetails) {
    super(message, details);
    this.status = details.status;
  }

  override toJSON(): Record<string, unknown> {
    return { ...super.toJSON(), status: this.status };
  }
}
