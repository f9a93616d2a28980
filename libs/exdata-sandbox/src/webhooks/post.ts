import { request as requestHttp } from 'node:http';
import { request as requestHttps } from 'node:https';

/** What became of one POST. */
export type PostResult =
  { readonly status: number; readonly error: null } | { readonly status: null; readonly error: string };

/** Limits of one POST. */
interface PostOptions {
  /** Real milliseconds for the whole exchange. */
  readonly timeoutMs: number;
  readonly signal: AbortSignal;
  /** Bytes of the body after which the connection is closed; absent: all of it is sent. */
  readonly cutAfter?: number | undefined;
}

/**
 * Sends one POST on a connection of its own and reads the answer's status; its body is thrown away and redirects are
 * not followed.
 */
export function post(
  url: string,
  headers: Readonly<Record<string, string>>,
  body: Buffer,
  { timeoutMs, signal, cutAfter }: PostOptions,
): Promise<PostResult> {
  return new Promise((resolve) => {
    const send = url.startsWith('https:') ? requestHttps : requestHttp;
    const request = send(url, {
      method: 'POST',
      agent: false,
      headers: { ...headers, 'Content-Length': String(body.length) },
      signal: AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]),
    });
    request.on('error', (error) => resolve({ status: null, error: error.message }));
    request.on('response', (response) => {
      response.on('error', (error) => resolve({ status: null, error: error.message }));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, error: null }));
      response.resume();
    });
    if (cutAfter === undefined || cutAfter >= body.length) {
      request.end(body);
      return;
    }
    request.flushHeaders();
    request.write(body.subarray(0, cutAfter), () => request.destroy(new Error('The connection was cut.')));
  });
}
