import type { RequestFault } from './request-fault.js';

const gatewayPage =
  '<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>';

/** The usual accidents, by name. */
export const requestFaults = {
  /**
   * The request is carried out, and the connection closes in the answer. @param afterBytes of the answer that arrive,
   * head included
   */
  answerLost: (afterBytes = 0): RequestFault => ({ cut: 'answer', afterBytes }),
  /**
   * The request is carried out, and the connection closes in the answer's body. @param afterBytes of the body that
   * arrive
   */
  answerBodyCut: (afterBytes = 0): RequestFault => ({ cut: 'answer-body', afterBytes }),
  /** The connection closes after so many bytes of the body; nothing is carried out. */
  requestCut: (afterBytes = 0): RequestFault => ({ cut: 'request', afterBytes }),
  /** The answer comes late. */
  slow: (delayMs: number): RequestFault => ({ delayMs }),
  /** No answer comes until `faults.release()`. @param accept whether the request is carried out */
  hang: (accept = true): RequestFault => ({ delayMs: 'forever', accept }),
  /** The request's body is taken in slowly. */
  slowIntake: (takeBytesPerSecond: number): RequestFault => ({ takeBytesPerSecond }),
  /** The answer's body comes in drops. @param chunkBytes of one drop */
  drip: (bytesPerSecond: number, chunkBytes?: number): RequestFault => ({ alter: { bytesPerSecond, chunkBytes } }),
  /** The answer is whole by HTTP's rules, but its JSON breaks off. */
  truncatedJson: (truncateTo = 10): RequestFault => ({ alter: { truncateTo } }),
  /** The right answer under a wrong content type, or none. */
  contentType: (type: string | null): RequestFault => ({ alter: { headers: { 'Content-Type': type } } }),
  /** A right answer of so many bytes. @param announced whether `Content-Length` says so */
  oversized: (bytes: number, announced = true): RequestFault => ({
    alter: { padTo: bytes, ...(!announced && { headers: { 'Content-Length': null } }) },
  }),
  /** A redirect to an address of the same or another origin. */
  redirect: (location: string, status: 301 | 302 | 303 | 307 | 308 = 307): RequestFault => ({
    respond: { status, headers: { Location: location } },
  }),
  /**
   * A document of the other mode, an unknown status, and the like: the answer's `data` is altered, the document itself
   * is not.
   */
  otherData: (data: Readonly<Record<string, unknown>>): RequestFault => ({ alter: { data } }),
  /** A proxy's error page, which is no JSON. @param accept whether the request had been carried out behind the proxy */
  badGateway: (accept = false): RequestFault => ({
    accept,
    respond: { status: 502, headers: { 'Content-Type': 'text/html' }, body: gatewayPage },
  }),
  /** A status with nothing under it. @param accept whether the request had been carried out */
  empty: (status: number, accept = false): RequestFault => ({ accept, respond: { status } }),
  /** An error in exdata's envelope. @param extra laid over the envelope, `{ errors: { file: ['…'] } }` for one */
  problem: (
    status: number,
    code: string,
    message: string,
    extra: Readonly<Record<string, unknown>> = {},
  ): RequestFault => ({
    respond: { status, body: { message, code, ...extra } },
  }),
  /** 503 in exdata's envelope. @param retryAfter seconds, or a date; absent: no header */
  unavailable: (retryAfter?: number | Date): RequestFault => ({
    respond: {
      status: 503,
      headers: retryAfterHeader(retryAfter),
      body: { message: 'Service unavailable.', code: 'unavailable' },
    },
  }),
  /**
   * 429. @param retryAfter seconds, or a date for the other form of `Retry-After` (RFC 9110, 10.2.3); absent: no
   *      header.
   * @param inBody seconds as `retry_after` in the body
   */
  tooManyRequests: (retryAfter?: number | Date, inBody?: number): RequestFault => ({
    respond: {
      status: 429,
      headers: retryAfterHeader(retryAfter),
      body: {
        message: 'Too many requests.',
        code: 'too_many_requests',
        ...(inBody !== undefined && { retry_after: inBody }),
      },
    },
  }),
};

function retryAfterHeader(retryAfter: number | Date | undefined): Record<string, string> {
  if (retryAfter === undefined) return {};
  return { 'Retry-After': typeof retryAfter === 'number' ? String(retryAfter) : retryAfter.toUTCString() };
}
