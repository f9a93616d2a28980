/** The deliveries that are sent: about 1 KB each, truly signed, each under an id of its own. */
import { randomUUID } from 'node:crypto';
import { signatureOf } from '../signed.mjs';

/** How many bodies have been made: none comes twice, since bytes that are sent again are worked as a replay. */
let made = 0;

function makeBody() {
  const at = made++;
  const data = {
    id: 100_000 + at,
    mode: 'test',
    status: 'completed',
    requester: randomUUID(),
    latest_extraction_run: { id: at },
  };
  return JSON.stringify({
    event: 'document.completed',
    data,
    note: 'What exdata sends is not published. '.repeat(22),
  });
}

const unset = { id: '0'.repeat(36), timestamp: '0'.repeat(10) };

/**
 * A request of autocannon that is another delivery each time it is sent. autocannon can build its requests anew by
 * itself, and takes more of the machine for that than some receivers do; here they lie ready, and only the id and the
 * time are written into them.
 * @param {string} url
 * @param {number} amount how many are sent
 * @returns {import('autocannon').Request}
 */
export function deliveriesTo(url, amount) {
  const { host, pathname } = new URL(url);
  const ready = Array.from({ length: amount }, () => {
    const body = makeBody();
    const head = [
      `POST ${pathname} HTTP/1.1`,
      `Host: ${host}`,
      'Connection: keep-alive',
      'Content-Type: application/json',
      `Content-Length: ${Buffer.byteLength(body)}`,
      'User-Agent: exdata-webhooks/1.0',
      'X-Event: document.completed',
      `X-Delivery: ${unset.id}`,
      `X-Timestamp: ${unset.timestamp}`,
      `X-Signature: ${signatureOf(body)}`,
    ].join('\r\n');
    const request = Buffer.from(`${head}\r\n\r\n${body}`);
    return {
      request,
      idAt: request.indexOf(unset.id),
      timestampAt: request.indexOf(unset.timestamp, request.indexOf('X-Timestamp')),
    };
  });
  let next = 0;
  /**
   * A property that autocannon reads each time, and that its types do not tell. @type {import('autocannon').Request & {
   * requestBuffer: Buffer }}
   */
  const delivery = {
    get requestBuffer() {
      const { request, idAt, timestampAt } = ready[next++ % ready.length] ?? {
        request: Buffer.alloc(0),
        idAt: 0,
        timestampAt: 0,
      };
      request.write(randomUUID(), idAt, 'latin1');
      request.write(String(Math.floor(Date.now() / 1000)), timestampAt, 'latin1');
      return request;
    },
    /** What autocannon builds once at the start. */
    set requestBuffer(_built) {},
  };
  return delivery;
}
