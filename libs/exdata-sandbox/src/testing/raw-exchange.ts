import { connect } from 'node:net';

/** What came back over one connection. */
export interface RawAnswer {
  /** All bytes until the connection ended. */
  readonly text: string;
  readonly head: string;
  readonly body: string;
}

/**
 * Sends a GET and reads until the connection ends, however it does: what an HTTP client would make of it does not
 * matter here.
 */
export function rawGet(baseUrl: string, path: string, token = 'sandbox_test_token'): Promise<RawAnswer> {
  const { hostname, port, pathname } = new URL(baseUrl);
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    const socket = connect(Number(port), hostname);
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined);
    socket.on('close', () => {
      const text = Buffer.concat(chunks).toString('latin1');
      const [head = '', ...rest] = text.split('\r\n\r\n');
      resolve({ text, head, body: rest.join('\r\n\r\n') });
    });
    const lines = [
      `GET ${pathname}${path} HTTP/1.1`,
      'Host: sandbox',
      `Authorization: Bearer ${token}`,
      'Connection: close',
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
  });
}
