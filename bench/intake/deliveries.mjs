/** The deliveries that are sent: about 1 KB each, truly signed, each under an id of its own. */
import { createHmac, randomUUID } from 'node:crypto';

export const secret = 'whsec_of_good_length_for_benchmarks';

/** Different bodies; they come round again, under other ids. */
const bodies = Array.from({ length: 512 }, (_, at) => {
  const data = { id: 100_000 + at, mode: 'test', status: 'completed', requester: randomUUID(), latest_extraction_run: { id: at } };
  const body = JSON.stringify({ event: 'document.completed', data, note: 'What exdata sends is not published. '.repeat(22) });
  return { body, signature: createHmac('sha256', secret).update(body).digest('hex') };
});

const unset = { id: '0'.repeat(36), timestamp: '0'.repeat(10) };

/**
 * A request of autocannon that is another delivery each time it is sent. autocannon can build its requests anew by itself, and takes more of
 * the machine for that than some receivers do; here they lie ready, and only the id and the time are written into them. Each comes round again
 * long after it was answered.
 * @param {string} url
 * @returns {import('autocannon').Request}
 */
export function deliveriesTo(url) {
  const { host, pathname } = new URL(url);
  const ready = bodies.map(({ body, signature }) => {
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
      `X-Signature: ${signature}`,
    ].join('\r\n');
    const request = Buffer.from(`${head}\r\n\r\n${body}`);
    return { request, idAt: request.indexOf(unset.id), timestampAt: request.indexOf(unset.timestamp, request.indexOf('X-Timestamp')) };
  });
  let next = 0;
  /** A property that autocannon reads each time, and that its types do not tell. @type {import('autocannon').Request & { requestBuffer: Buffer }} */
  const delivery = {
    get requestBuffer() {
      const { request, idAt, timestampAt } = ready[next++ % ready.length] ?? { request: Buffer.alloc(0), idAt: 0, timestampAt: 0 };
      request.write(randomUUID(), idAt, 'latin1');
      request.write(String(Math.floor(Date.now() / 1000)), timestampAt, 'latin1');
      return request;
    },
    /** What autocannon builds once at the start. */
    set requestBuffer(_built) {},
  };
  return delivery;
}
