import type { ApiProblem } from './problem.js';

/** What a request is answered with. */
export interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** An object is sent as JSON; an error gets its `request_id` when it is sent. */
  readonly body?: Readonly<Record<string, unknown>> | string | Uint8Array | undefined;
  /** For the journal. */
  readonly documentId?: number | undefined;
  readonly replayed?: boolean | undefined;
  /** Called when the answer leaves, or is cut off. Until then an upload counts as running. */
  readonly settle?: (() => void) | undefined;
}

/** The error envelope of the contract, section 3, still without its request id. */
export function problemReply({ status, code, message, extra, headers }: ApiProblem): Reply {
  return { status, headers, body: { message, code, ...extra } };
}

/** Turns a reply into bytes and headers. */
export function encodeReply(reply: Reply, requestId: string): { headers: Record<string, string>; body: Uint8Array } {
  const { status, body = '' } = reply;
  const plain = typeof body === 'string' || body instanceof Uint8Array;
  const text = plain ? body : JSON.stringify(status < 400 ? body : { ...body, request_id: requestId });
  const bytes = typeof text === 'string' ? Buffer.from(text) : text;
  const type = plain ? (body.length > 0 ? 'text/html; charset=utf-8' : undefined) : 'application/json';
  const headers = {
    'X-Request-ID': requestId,
    ...(type !== undefined && { 'Content-Type': type }),
    ...(status !== 204 && { 'Content-Length': String(bytes.length) }),
    ...reply.headers,
  };
  return { headers, body: bytes };
}
