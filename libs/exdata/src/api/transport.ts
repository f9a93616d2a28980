import { Readable } from 'node:stream';
import { Agent, errors, request } from 'undici';
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import {
  ExdataConfigurationError,
  ExdataConnectionError,
  ExdataError,
  ExdataProtocolError,
  ExdataRequestError,
  ExdataTimeoutError,
} from './errors.js';
import { httpError } from './http-error.js';
import type { MultipartBody } from './multipart.js';
import { UploadChangedError } from './multipart.js';

export interface CallOptions {
  readonly signal?: AbortSignal;
  /** For the whole call, in milliseconds. */
  readonly timeoutMs?: number;
  /** X-Request-ID to send, at most 128 characters; made up if absent. */
  readonly requestId?: string;
}

export interface ExdataResult<T> {
  readonly data: T;
  readonly status: number;
  /** The server's X-Request-ID, else ours. */
  readonly requestId: string;
}

export interface TransportOptions {
  readonly baseUrl: string;
  readonly token: () => string | Promise<string>;
  readonly userAgent: string;
  readonly timeoutMs: number;
  readonly maxResponseBytes: number;
  readonly now: () => number;
  readonly newRequestId: () => string;
  readonly dispatcher: Dispatcher | undefined;
}

export interface Call<T> extends CallOptions {
  /** For messages, such as `uploadDocument`. */
  readonly operation: string;
  readonly method: 'GET' | 'POST';
  /** Segments below the base URL; each is encoded. */
  readonly path: readonly string[];
  readonly idempotencyKey?: string;
  readonly upload?: MultipartBody;
  /** Makes the result of the parsed body; what it throws is a fault of the answer. */
  readonly read: (body: unknown) => T;
}

/** Sends requests to one origin, and the token nowhere else. Follows no redirects. */
export class Transport {
  readonly #base: URL;
  readonly #dispatcher: Dispatcher;

  constructor(private readonly options: TransportOptions) {
    this.#base = baseUrlOf(options.baseUrl);
    this.#dispatcher = options.dispatcher ?? new Agent({ connect: { timeout: 10_000 }, connections: 64 });
  }

  close(): Promise<void> {
    return this.#dispatcher.close();
  }

  async send<T>(call: Call<T>): Promise<ExdataResult<T>> {
    const sentId = call.requestId ?? this.options.newRequestId();
    checkHeader('requestId', sentId, 128);
    if (call.idempotencyKey !== undefined) checkHeader('idempotencyKey', call.idempotencyKey, 255);
    const token = await this.options.token();
    const timeoutMs = call.timeoutMs ?? this.options.timeoutMs;
    const deadline = AbortSignal.timeout(timeoutMs);
    const signal = call.signal ? AbortSignal.any([call.signal, deadline]) : deadline;
    try {
      signal.throwIfAborted();
      const answer = await request(this.#urlOf(call.path), {
        method: call.method,
        dispatcher: this.#dispatcher,
        signal,
        headersTimeout: 0,
        bodyTimeout: 0,
        headers: {
          accept: 'application/json',
          authorization: `Bearer ${token}`,
          'user-agent': this.options.userAgent,
          'x-request-id': sentId,
          ...(call.idempotencyKey !== undefined && { 'idempotency-key': call.idempotencyKey }),
          ...(call.upload && { 'content-type': call.upload.contentType, 'content-length': String(call.upload.contentLength) }),
        },
        body: call.upload ? Readable.from(call.upload.stream(), { objectMode: false }) : null,
      });
      return await this.#read(call, answer, sentId);
    } catch (error) {
      if (call.signal?.aborted) throw call.signal.reason;
      throw unanswered(call, error, sentId, deadline.aborted ? timeoutMs : null);
    }
  }

  #urlOf(path: readonly string[]): string {
    if (path.includes('')) throw new ExdataRequestError('id', 'must not be empty');
    return [this.#base.origin + this.#base.pathname.replace(/\/+$/, ''), ...path.map(encodeURIComponent)].join('/');
  }

  async #read<T>(call: Call<T>, { statusCode: status, headers, body }: Dispatcher.ResponseData, sentId: string): Promise<ExdataResult<T>> {
    const given = headers['x-request-id'];
    const requestId = typeof given === 'string' && given.length <= 128 && given !== '' ? given : sentId;
    const details = { code: 'protocol', retryable: false, requestId };
    const creates = call.upload !== undefined;
    if (status >= 300 && status < 400) {
      await body.dump();
      const to = typeof headers.location === 'string' ? originOf(headers.location, this.#base) : 'nowhere';
      throw new ExdataProtocolError(
        `${call.operation}: exdata answered ${String(status)}, a redirect to ${to}, which is not followed (request ${requestId}); check the base URL`,
        { ...details, code: 'redirect' },
      );
    }
    const text = await limited(body, this.options.maxResponseBytes);
    if (text === null && status < 300) {
      const message = `${call.operation}: the answer has more than ${String(this.options.maxResponseBytes)} bytes (request ${requestId})`;
      throw new ExdataProtocolError(message, { ...details, retryable: creates, mayHaveCreatedDocument: creates });
    }
    const json = parsed(text);
    if (status >= 400)
      throw httpError({ operation: call.operation, status, headers, body: json, requestId, creates, now: this.options.now() });
    try {
      return { data: call.read(json), status, requestId };
    } catch (cause) {
      throw new ExdataProtocolError(`${call.operation}: the answer is not what the contract says (request ${requestId})`, {
        ...details,
        retryable: true,
        mayHaveCreatedDocument: creates,
        cause,
      });
    }
  }
}

function unanswered<T>(call: Call<T>, error: unknown, requestId: string, timeoutMs: number | null): unknown {
  if (error instanceof UploadChangedError) return new ExdataRequestError('file', `changed since it was taken in: ${error.message}`);
  if (error instanceof ExdataError) return error;
  const sent = (call.upload?.sentBytes() ?? 0) > 0;
  const details = { retryable: true, requestId, mayHaveCreatedDocument: sent, cause: error };
  if (timeoutMs !== null)
    return new ExdataTimeoutError(`${call.operation}: no answer within ${String(timeoutMs)} ms (request ${requestId})`, {
      ...details,
      code: 'timeout',
    });
  const code = networkCode(error);
  const timedOut = error instanceof errors.ConnectTimeoutError;
  const message = `${call.operation}: ${timedOut ? 'could not connect in time' : 'the connection failed'} (${code}, request ${requestId})`;
  return new (timedOut ? ExdataTimeoutError : ExdataConnectionError)(message, { ...details, code: timedOut ? 'timeout' : 'connection' });
}

/** Node.js's name of what went wrong, such as ECONNREFUSED; messages may hold addresses. */
function networkCode(error: unknown): string {
  const named = z.object({ code: z.string() }).or(z.object({ name: z.string() }).transform(({ name }) => ({ code: name })));
  return named.safeParse(error).data?.code ?? 'unknown';
}

async function limited(body: AsyncIterable<Uint8Array>, maxBytes: number): Promise<string | null> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body) {
    size += chunk.length;
    if (size > maxBytes) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}

function parsed(text: string | null): unknown {
  try {
    return text === null ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function originOf(location: string, base: URL): string {
  try {
    return new URL(location, base).origin;
  } catch {
    return 'an address that cannot be read';
  }
}

function baseUrlOf(text: string): URL {
  let url: URL;
  try {
    url = new URL(text);
  } catch {
    throw new ExdataConfigurationError('baseUrl is not a URL such as https://www.exdata.app/api/v1');
  }
  if (!/^https?:$/.test(url.protocol) || url.username !== '' || url.search !== '' || url.hash !== '') {
    throw new ExdataConfigurationError('baseUrl must be an http(s) URL without credentials, query or fragment');
  }
  return url;
}

function checkHeader(field: string, value: string, max: number): void {
  if (value.length > max || !/^[\x21-\x7e]+$/.test(value))
    throw new ExdataRequestError(field, `must be 1 to ${String(max)} printable ASCII characters`);
}
