/** What a scripted request fault is matched against. */
export interface RequestFacts {
  readonly method: string;
  /** Without query, from the root: `/api/v1/documents`. */
  readonly path: string;
  readonly idempotencyKey: string | null;
  /** Lower-case names; the token is redacted. */
  readonly headers: Readonly<Record<string, string>>;
}

/** What goes wrong with a request. {@link requestFaults} names the usual ones. */
export interface RequestFault {
  /** Whether the request is carried out all the same. By default it is, unless `respond` or `cut: 'request'` is given. */
  readonly accept?: boolean | undefined;
  /** Milliseconds on the simulator's clock between carrying out (if so) and answering. An upload counts as running until then. */
  readonly delayMs?: number | undefined;
  /** The answer; an object is sent as JSON. */
  readonly respond?:
    | {
        readonly status: number;
        readonly headers?: Readonly<Record<string, string>> | undefined;
        readonly body?: string | Readonly<Record<string, unknown>> | undefined;
      }
    | undefined;
  /** The connection is closed: while the request's body comes in, or instead of the answer. */
  readonly cut?: 'request' | 'answer' | undefined;
  /** For `cut: 'request'`: bytes of the body to take in first; 0 by default. */
  readonly afterBytes?: number | undefined;
}

/** The usual accidents, by name. */
export const requestFaults = {
  /** The request is carried out, and the connection closes before the answer. */
  answerLost: (): RequestFault => ({ cut: 'answer' }),
  /** The connection closes after so many bytes of the body; nothing is carried out. */
  requestCut: (afterBytes = 0): RequestFault => ({ cut: 'request', afterBytes }),
  /** The answer comes late. */
  slow: (delayMs: number): RequestFault => ({ delayMs }),
  /** A proxy's error page, which is no JSON. @param accept whether the request had been carried out behind the proxy */
  badGateway: (accept = false): RequestFault => ({
    accept,
    respond: {
      status: 502,
      headers: { 'Content-Type': 'text/html' },
      body: '<html><head><title>502 Bad Gateway</title></head><body><center><h1>502 Bad Gateway</h1></center></body></html>',
    },
  }),
  /** An error in exdata's envelope. @param extra laid over the envelope, `{ errors: { file: ['…'] } }` for one */
  problem: (status: number, code: string, message: string, extra: Readonly<Record<string, unknown>> = {}): RequestFault => ({
    respond: { status, body: { message, code, ...extra } },
  }),
  /**
   * 429. @param retryAfter seconds, or a date for the other form of `Retry-After` (RFC 9110, 10.2.3); absent: no header.
   * @param inBody seconds as `retry_after` in the body
   */
  tooManyRequests: (retryAfter?: number | Date, inBody?: number): RequestFault => ({
    respond: {
      status: 429,
      ...(retryAfter !== undefined && {
        headers: { 'Retry-After': typeof retryAfter === 'number' ? String(retryAfter) : retryAfter.toUTCString() },
      }),
      body: { message: 'Too many requests.', code: 'too_many_requests', ...(inBody !== undefined && { retry_after: inBody }) },
    },
  }),
};
