import { Agent } from 'undici';
import type { Dispatcher } from 'undici';
import type { CallOptions } from './calls.js';
import { Deadline } from './deadline.js';
import { ExdataError, ExdataRequestError } from './errors.js';
import { bearerToken, headerText } from './header-values.js';
import { httpError, requestIdOf } from './http-error.js';
import type { MultipartBody } from './multipart.js';
import type { Operation } from './operations.js';
import { readBody } from './response-body.js';
import type { ResponseBody } from './response-body.js';
import { isTimeout, longestTimeoutMs } from './settings.js';
import type { Settings } from './settings.js';
import { unanswered } from './unanswered.js';

/** One request to be sent. */
export interface Call {
  readonly operation: Operation;
  /** Segments below the base URL; each is encoded. */
  readonly path: readonly string[];
  readonly documentId?: string;
  readonly options: CallOptions;
  /** Where the options name none, in milliseconds. */
  readonly defaultTimeoutMs: number;
  readonly upload?: { readonly idempotencyKey: string; readonly body: MultipartBody };
}

/** An answer with a status of success. */
export interface Answer {
  readonly status: number;
  readonly requestId: string;
  readonly body: ResponseBody;
}

/** Sends requests to one origin, and the token nowhere else. Makes one attempt; follows no redirects. */
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
   * Sends the request and reads the answer.
   * @throws {ExdataError} when it cannot be sent, is not answered, or not with success; the reason of the caller's signal once that is aborted
   */
  async send(call: Call): Promise<Answer> {
    const { options, upload } = call;
    const requestId = headerText('requestId', options.requestId ?? this.#settings.newRequestId(), 128);
    const timeoutMs = options.timeoutMs ?? call.defaultTimeoutMs;
    if (!isTimeout(timeoutMs))
      throw new ExdataRequestError('timeoutMs', `must be a whole number of milliseconds from 1 to ${longestTimeoutMs}`);
    const deadline = new Deadline(timeoutMs, options.signal);
    try {
      const token = bearerToken(await deadline.before(this.#token()));
      const response = await this.#dispatcher.request({
        origin: this.#settings.origin,
        path: this.#pathOf(call),
        method: call.operation.method,
        headers: this.#headersOf(call, token, requestId),
        body: upload?.body.stream ?? null,
        signal: deadline.signal,
        // The deadline covers the whole call; undici's own clocks would cut a slow one short.
        headersTimeout: 0,
        bodyTimeout: 0,
      });
      return await this.#answerOf(call, response, requestId);
    } catch (error) {
      if (deadline.endedBy === 'caller') options.signal?.throwIfAborted();
      const timedOutAfterMs = deadline.endedBy === 'timeout' ? timeoutMs : undefined;
      if (timedOutAfterMs === undefined && upload?.body.fault !== undefined) throw upload.body.fault;
      const { operation, documentId } = call;
      throw unanswered(
        { operation: operation.id, documentId, requestId, timedOutAfterMs, uploadStarted: upload?.body.started ?? false },
        error,
      );
    } finally {
      deadline.clear();
      upload?.body.dispose();
    }
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

  #pathOf({ path }: Call): string {
    return [this.#settings.basePath, ...path.map(encodeURIComponent)].join('/');
  }

  #headersOf({ upload }: Call, token: string, requestId: string): Record<string, string> {
    return {
      accept: 'application/json',
      authorization: `Bearer ${token}`,
      'user-agent': this.#settings.userAgent,
      'x-request-id': requestId,
      ...(upload && {
        'idempotency-key': upload.idempotencyKey,
        'content-type': upload.body.contentType,
        'content-length': String(upload.body.contentLength),
      }),
    };
  }

  async #answerOf(call: Call, response: Dispatcher.ResponseData, sentRequestId: string): Promise<Answer> {
    const { statusCode: status, headers, body } = response;
    const given = single(headers['x-request-id']);
    const { maxResponseBytes, origin, now } = this.#settings;
    if (status < 300) return { status, requestId: requestIdOf([given], sentRequestId), body: await readBody(body, maxResponseBytes) };
    // The status says enough: an error whose body breaks off is still that error.
    const read = await readBody(body, maxResponseBytes).catch((): ResponseBody => ({ kind: 'other' }));
    throw httpError({
      operation: call.operation,
      documentId: call.documentId,
      status,
      headers: { requestId: given, retryAfter: single(headers['retry-after']), location: single(headers.location) },
      body: read.kind === 'json' ? read.value : undefined,
      sentRequestId,
      url: `${origin}${this.#pathOf(call)}`,
      now: now(),
    });
  }
}

function single(header: string | string[] | undefined): string | undefined {
  return Array.isArray(header) ? header[0] : header;
}
