import type { Dispatcher } from 'undici';
import { ExdataAuthenticationError } from './api-errors.js';
import type { CallToken } from './call-token.js';
import { Connections } from './connections.js';
import type { Deadline } from './deadline.js';
import { bearerToken } from './header-values.js';
import { httpError, requestIdOf } from './http-error.js';
import type { MultipartBody, MultipartForm } from './multipart.js';
import type { Operation } from './operations.js';
import { readBody } from './response-body.js';
import type { ResponseBody } from './response-body.js';
import { SentSecret } from './sent-secret.js';
import type { Settings } from './settings.js';
import { noteRefusedToken } from './token-print.js';

/** One attempt to be sent. */
export interface Attempt {
  readonly operation: Operation;
  /** Path and query, encoded; begins with a slash. */
  readonly target: string;
  readonly documentId?: string | undefined;
  readonly requestId: string;
  readonly deadline: Deadline;
  readonly token: CallToken;
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

/** An error has little to say: more of it is not read, in bytes. */
const maxErrorBytes = 256 * 1024;

/** Sends requests to one origin, and the token nowhere else. Repeats nothing, follows no redirects. */
export class Transport {
  readonly #settings: Settings;
  readonly #dispatcher: Dispatcher;
  readonly #release: () => Promise<void>;
  /** Requests whose answer a call still waits for. */
  readonly #waiting = new Set<Promise<unknown>>();
  #closed: Promise<void> | undefined;

  /** @param dispatcher stays its owner's to close; without one, connections of its own */
  constructor(settings: Settings, dispatcher?: Dispatcher) {
    this.#settings = settings;
    if (dispatcher) {
      this.#dispatcher = dispatcher;
      this.#release = (): Promise<void> => Promise.resolve();
    } else {
      const connections = new Connections(settings.origin, settings.proxy, settings);
      this.#dispatcher = connections.dispatcher;
      this.#release = (): Promise<void> => connections.close(Promise.allSettled(this.#waiting));
    }
  }

  /**
   * Sends the request and waits for the answer's head.
   * @throws {ExdataError} when the answer is no success or there is no token; what undici throws when there is no
   * answer
   */
  async send(attempt: Attempt): Promise<Answer> {
    const { deadline, operation, target, body } = attempt;
    const token = bearerToken(await deadline.before(attempt.token.next()));
    const response = await this.#answered(deadline, {
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
    try {
      return await this.#answerOf(attempt, response, new SentSecret(token));
    } catch (error) {
      if (error instanceof ExdataAuthenticationError) noteRefusedToken(error, token);
      throw error;
    }
  }

  /** undici hears of an abort only once there is a connection; a call does not wait for that. */
  async #answered(deadline: Deadline, request: Dispatcher.RequestOptions): Promise<Dispatcher.ResponseData> {
    const sent = this.#dispatcher.request(request);
    const answered = deadline.before(sent);
    this.#waiting.add(answered);
    // What comes of it later is for nobody.
    sent.catch(() => undefined);
    return answered.finally(() => this.#waiting.delete(answered));
  }

  /**
   * Ends the connections once the calls under way have ended. A dispatcher that was given stays open. Calling it twice
   * is harmless.
   */
  close(): Promise<void> {
    this.#closed ??= this.#release();
    return this.#closed;
  }

  #headersOf({ operation, requestId, idempotencyKey, form }: Attempt, token: string): Record<string, string> {
    return {
      // JSON comes first for a picture too: errors are to come as JSON.
      accept: operation.downloads ? 'application/json, */*' : 'application/json',
      // Without it any encoding may come (RFC 9110, 12.5.3); what is limited is then what comes, not what it unfolds
      // to.
      'accept-encoding': 'identity',
      authorization: `Bearer ${token}`,
      'user-agent': this.#settings.userAgent,
      'x-request-id': requestId,
      ...(idempotencyKey !== undefined && { 'idempotency-key': idempotencyKey }),
      ...(form && { 'content-type': form.contentType, 'content-length': String(form.contentLength) }),
    };
  }

  async #answerOf(attempt: Attempt, response: Dispatcher.ResponseData, sent: SentSecret): Promise<Answer> {
    const { statusCode: status, body } = response;
    const header = (name: string): string | undefined => {
      const value = single(response.headers[name]);
      return value === undefined ? undefined : sent.withheldIn(value);
    };
    const given = header('x-request-id');
    const { maxResponseBytes, origin, now } = this.#settings;
    if (status < 300) {
      const contentLength = header('content-length');
      return {
        status,
        requestId: requestIdOf([given], attempt.requestId),
        contentType: header('content-type'),
        contentLength: contentLength === undefined ? undefined : Number(contentLength),
        body,
        read: () => readBody(body, maxResponseBytes, sent),
      };
    }
    // The status says enough: an error whose body breaks off is still that error.
    const reading = readBody(body, Math.min(maxResponseBytes, maxErrorBytes), sent);
    const failed = await reading.catch((): ResponseBody => ({ kind: 'other' }));
    throw httpError({
      operation: attempt.operation,
      documentId: attempt.documentId,
      status,
      headers: { requestId: given, retryAfter: header('retry-after'), location: header('location') },
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
