import { createHash, createHmac, randomUUID } from 'node:crypto';

export const secret = 'whsec_of_good_length_for_floods';

/** One request as it goes onto the wire. */
export interface Shot {
  readonly bytes: Buffer;
  /** Sent in so many pieces. */
  readonly pieces: number;
  /** The socket is cut after so many bytes; null for never. */
  readonly cutAt: number | null;
  /** It is whole, and framed as HTTP asks: it must be answered. */
  readonly isWhole: boolean;
  /** A signature over just these bytes, in time: no other may be taken. */
  readonly isTrue: boolean;
  /** Id and SHA-256 of the body, as the inbox would hold them. */
  readonly key: string;
}

/** What a request is made of, before something is done to it. */
export interface Draft {
  method: string;
  target: string;
  headers: [name: string, value: string][];
  /** What is signed. */
  body: Buffer;
  /** What is sent for it. */
  sent: Buffer;
  framing: 'length' | 'chunked' | 'none';
  pieces: number;
  cut: number | null;
  /** Something was done to the framing, so that a server may end the connection without an answer. */
  isOdd: boolean;
}

export function draftOf(path: string, body: Buffer): Draft {
  const headers: Draft['headers'] = [
    ['content-type', 'application/json'],
    ['x-delivery', randomUUID()],
    ['x-event', 'document.completed'],
    ['x-timestamp', String(Math.floor(Date.now() / 1000))],
    ['x-signature', sign(body)],
  ];
  return {
    method: 'POST',
    target: path,
    headers,
    body,
    sent: body,
    framing: 'length',
    pieces: 1,
    cut: null,
    isOdd: false,
  };
}

export function sign(body: Buffer): string {
  return createHmac('sha256', secret).update(body).digest('hex');
}

function header({ headers }: Draft, name: string): string | undefined {
  return headers.find(([known]) => known === name)?.[1];
}

export function setHeader(draft: Draft, name: string, value: string | null): void {
  draft.headers = draft.headers.filter(([known]) => known !== name);
  if (value !== null) draft.headers.push([name, value]);
}

export function shotOf(draft: Draft): Shot {
  const { method, target, sent, framing, pieces, cut, isOdd } = draft;
  const framed: Draft['headers'] =
    framing === 'length'
      ? [['content-length', String(sent.length)]]
      : framing === 'chunked'
        ? [['transfer-encoding', 'chunked']]
        : [];
  const lines = [`${method} ${target} HTTP/1.1`, 'host: host.example', 'connection: close'];
  const head = [...lines, ...[...framed, ...draft.headers].map(([name, value]) => `${name}: ${value}`), '', ''].join(
    '\r\n',
  );
  // Without a length a request has no body (RFC 9112, 6.3).
  const received = framing === 'none' ? Buffer.alloc(0) : sent;
  const payload = framing === 'chunked' ? chunked(received) : received;
  const bytes = Buffer.concat([Buffer.from(head, 'latin1'), payload]);
  const cutAt = cut === null ? null : Math.min(Math.floor(bytes.length * cut), bytes.length - 1);
  return {
    bytes,
    pieces,
    cutAt,
    isWhole: cutAt === null && !isOdd,
    isTrue: header(draft, 'x-signature')?.trim() === sign(received),
    key: `${header(draft, 'x-delivery')?.trim() ?? ''} ${createHash('sha256').update(received).digest('hex')}`,
  };
}

function chunked(body: Buffer): Buffer {
  const half = Math.ceil(body.length / 2);
  const parts = [body.subarray(0, half), body.subarray(half)].filter(({ length }) => length > 0);
  const chunks = parts.flatMap((part) => [Buffer.from(`${part.length.toString(16)}\r\n`), part, Buffer.from('\r\n')]);
  return Buffer.concat([...chunks, Buffer.from('0\r\n\r\n')]);
}
