import { STATUS_CODES, type ServerResponse } from 'node:http';
import type { HeldAnswers } from '../faults/held-answers.js';
import type { AlteredAnswer } from '../faults/request-fault.js';
import { dropBytes } from './throttled.js';

/** An answer as it goes over the wire. */
export interface Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
  /** Blanks after the body. */
  readonly padding: number;
}

const pieceBytes = 65_536;
const blanks = Buffer.alloc(pieceBytes, ' ');

/** Applies what is altered about an answer's form. */
export function alterAnswer(
  { status, headers, body }: Omit<Answer, 'padding'>,
  { truncateTo, padTo, ...altered }: AlteredAnswer,
): Answer {
  const cut = body.subarray(0, truncateTo);
  const padding = Math.max(0, (padTo ?? 0) - cut.length);
  const laidOver = new Map(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase(), [name, value] as const]),
  );
  if (laidOver.has('content-length')) laidOver.set('content-length', ['Content-Length', String(cut.length + padding)]);
  for (const [name, value] of Object.entries(altered.headers ?? {})) {
    if (value === null) laidOver.delete(name.toLowerCase());
    else laidOver.set(name.toLowerCase(), [name, value]);
  }
  return { status, headers: Object.fromEntries(laidOver.values()), body: cut, padding };
}

/** Writes an answer, piece by piece and no faster than asked. Resolves when it is written or the client is gone. */
export async function writeAnswer(
  response: ServerResponse,
  answer: Answer,
  manner: AlteredAnswer,
  held: HeldAnswers,
): Promise<void> {
  const { bytesPerSecond, chunkBytes = bytesPerSecond === undefined ? pieceBytes : dropBytes(bytesPerSecond) } = manner;
  response.writeHead(answer.status, { ...answer.headers });
  if (answer.padding === 0 && answer.body.length <= chunkBytes && bytesPerSecond === undefined) {
    response.end(answer.body);
    return;
  }
  response.flushHeaders();
  for (const piece of pieces(answer, chunkBytes)) {
    if (bytesPerSecond !== undefined && response.socket)
      await held.wait((piece.length / bytesPerSecond) * 1000, response.socket);
    if (response.destroyed || response.socket === null) return;
    if (!response.write(piece)) await drained(response);
  }
  response.end();
}

/** The bytes of an answer as HTTP/1.1 writes them, for an answer that breaks off. */
export function rawAnswer({ status, headers, body, padding }: Answer): {
  readonly head: Buffer;
  readonly body: Buffer;
} {
  const lines = [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ];
  return {
    head: Buffer.from(`${lines.join('\r\n')}\r\n\r\n`),
    body: Buffer.concat([body, Buffer.alloc(padding, ' ')]),
  };
}

function* pieces({ body, padding }: Answer, size: number): Generator<Uint8Array> {
  for (let at = 0; at < body.length; at += size) yield body.subarray(at, at + size);
  for (let left = padding; left > 0; left -= Math.min(size, pieceBytes)) yield blanks.subarray(0, Math.min(left, size));
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const go = (): void => {
      response.off('drain', go).off('close', go);
      resolve();
    };
    response.on('drain', go).on('close', go);
  });
}
