import { Agent } from 'undici';
import type { Dispatcher } from 'undici';
import type { Deadline } from './deadline.js';
import { ExdataError } from './errors.js';
import { bearerToken } from './header-values.js';
import { httpError, requestIdOf } from './http-error.js';
import type { MultipartBody, MultipartForm } from './multipart.js';
import type { Operation } from './operations.js';
import { readBody } from './response-body.js';
import type { ResponseBody } from './response-body.js';
import type { Settings } from './settings.js';

/** One attempt to be sent. */
export interface Attempt {
  readonly operation: Operation;
  /** Path and query, encoded; begins with a slash. */
  readonly target: string;
  readonly documentId?: string | undefined;
  readonly requestId: string;
  readonly deadline: Deadline;
  readonly idempotencyKey?: string | undefined;
  readonly form?: MultipartForm | undefined;
  readonly body?: MultipartBody | undefined;
}

/** An answer with a status of success, its body still to be read. */
export interface Answer {
  readonly status: number;
  readonly requestId: string;
  readonly contentType: string | undefined;
  /** In bytes; undefined where none is given. */
  readonly contentLength: number | undefined;
  readonly body: Dispatcher.ResponseData['body'];
  /** Reads the body, as far as `maxResponseBytes`. */
  readonly read: () => Promise<ResponseBody>;
}

/** Sends requests to one origin, and the token nowhere else. Repeats nothing, follows no redirects. */
export class Transport {
  readonly #settings: Settings;
  readonly #dispatcher: Dispatcher;
  readonly #release: () => Promise<void>;
  #closed: Promise<void> | undefined;

  /** @param dispatcher stays its owner's to close; without one, connections of its own */
  constructor(settings: Settings, dispatcher?: Dispatcher) {
    this.#settings = settings;
    if (dispatcher) {
      this.#dispatcher = dispatcher;
      this.#release = (): Promise<void> => Promise.resolve();
    } else {
      const agent = new Agent();
      this.#dispatcher = agent;
      this.#release = (): Promise<void> => agent.close();
    }
  }

  /**
   * Sends the request and waits for the answer's head.
   * @throws {ExdataError} when the answer is no success or there is no token; what undici throws when there is no answer
   */
  async send(attempt: Attempt): Promise<Answer> {
    const { deadline, operation, target, body } = attempt;
    const token = bearerToken(await deadline.before(this.#token()));
    const response = await this.#dispatcher.request({
      origin: this.#settings.origin,
      path: target,
      method: operation.method,
      headers: this.#headersOf(attempt, token),
      body: body?.stream ?? null,
      signal: deadline.signal,
      // The deadline covers the whole call; undici's own clocks would cut a slow one short.
      headersTimeout: 0,
      bodyTimeout: 0,
    });
    return await this.#answerOf(attempt, response);
  }

  /** Ends the connections once the calls under way have ended. A dispatcher that was given stays open. Calling it twice is harmless. */
  close(): Promise<void> {
    this.#closed ??= this.#release();
    return this.#closed;
  }

  async #token(): Promise<string> {
    try {
      return await this.#settings.token();
    } catch (cause) {
      throw new ExdataError('the token could not be obtained; nothing was sent', { code: 'token_unavailable', retryable: true, cause });
    }
  }

  #headersOf({ operation, requestId, idempotencyKey, form }: Attempt, token: string): Record<string, string> {
    return {
      // JSON comes first for a picture too: errors are to come as JSON.
      accept: operation.downloads ? 'application/json, */*' : 'application/json',
      authorization: `Bearer ${token}`,
      'user-agent': this.#settings.userAgent,
      'x-request-id': requestId,
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      ...(form && { 'content-type': form.contentType, 'content-length': String(form.contentLength) }),
    };
  }

  async #answerOf(attempt: Attempt, { statusCode: status, headers, body }: Dispatcher.ResponseData): Promise<Answer> {
    const given = single(headers['x-request-id']);
    const { maxResponseBytes, origin, now } = this.#settings;
    const read = (): Promise<ResponseBody> => readBody(body, maxResponseBytes);
    if (status < 300) {
      const contentLength = single(headers['content-length']);
      return {
        status,
        requestId: requestIdOf([given], attempt.requestId),
        contentType: single(headers['content-type']),
        contentLength: contentLength === undefined ? undefined : Number(contentLength),
        body,
        read,
      };
    }
    // The status says enough: an error whose body breaks off is still that error.
    const failed = await read().catch((): ResponseBody => ({ kind: 'other' }));
    throw httpError({
      operation: attempt.operation,
      documentId: attempt.documentId,
      status,
      headers: { requestId: given, retryAfter: single(headers['retry-after']), location: single(headers.location) },
      body: failed.kind === 'json' ? failed.value : undefined,
      sentRequestId: attempt.requestId,
      url: `${origin}${attempt.target}`,
      now: now(),
    });
  }
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
