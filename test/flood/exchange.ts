import { connect } from 'node:net';
import type { Shot } from './shot.js';

/**
 * Sends it on a connection of its own; resolves to the status of the answer, or to null where the connection ended
 * without one.
 */
export function exchange(url: URL, { bytes, pieces, cutAt, isWhole }: Shot): Promise<number | null> {
  return new Promise((resolve) => {
    const socket = connect({ host: url.hostname, port: Number(url.port), noDelay: true });
    let head = '';
    socket.setEncoding('latin1').on('data', (text: string) => {
      if (head.length < 100) head += text;
    });
    // A server that has refused the head may cut what follows; the answer, if any, has come by then.
    socket.on('error', () => undefined);
    socket.on('close', () => resolve(statusIn(head)));
    const sent = cutAt === null ? bytes : bytes.subarray(0, cutAt);
    const step = Math.max(1, Math.ceil(sent.length / pieces));
    const next = (from: number): void => {
      if (socket.destroyed) return;
      if (from < sent.length) socket.write(sent.subarray(from, from + step), () => setImmediate(next, from + step));
      else if (cutAt !== null) socket.destroy();
      // Node gives up a request whose client has half closed: a whole one just waits, an odd one must not wait for
      // ever.
      else if (!isWhole) socket.end();
    };
    next(0);
  });
}

function statusIn(head: string): number | null {
  const final = /^HTTP\/1\.1 (?!100)(\d{3}) /m.exec(head);
  return final?.[1] === undefined ? null : Number(final[1]);
}
