import type { ExdataDocumentData } from './document-data.js';
import { ExdataError } from './errors.js';
import type { ExdataAnswerErrorDetails } from './errors.js';

/** What is known about an answer that is no success. */
export interface ExdataApiErrorDetails extends ExdataAnswerErrorDetails {
  readonly exdataMessage?: string | undefined;
}

/**
 * exdata answered, with a status that is no success (exdata docs: Errors). Branch on the class or `status` first, then
 * on `code`.
 */
export class ExdataApiError extends ExdataError {
  readonly status: number;
  readonly #exdataMessage: string | undefined;

  constructor(message: string, details: ExdataApiErrorDetails) {
    super(message, details);
    this.status = details.status;
    this.#exdataMessage = details.exdataMessage;
  }

  /**
   * exdata's own words, for a person. They may quote what was sent (a file name), so logs, JSON and `message` go
   * without them.
   */
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

/**
 * 409: the first call with this idempotency key still runs, or the key was used with another payload (exdata docs:
 * Idempotency).
 */
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
