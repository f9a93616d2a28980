/** The deliveries that are sent: about 1 KB each, truly signed, each under an id of its own. */
import { createHmac, randomUUID } from 'node:crypto';

export const secret = 'whsec_of_good_length_for_benchmarks';

/** Different bodies; they come round again, under other ids. */
const bodies = Array.from({ length: 512 }, (_, at) => {
  const data = { id: 100_000 + at, mode: 'test', status: 'completed', requester: randomUUID(), latest_extraction_run: { id: at } };
  const body = JSON.stringify({ event: 'document.completed', data, note: 'What exdata sends is not published. '.repeat(22) });
  return { body, signature: createHmac('sha256', secret).update(body).digest('hex') };
});

let next = 0;

/** @returns the headers and the body of the next delivery */
export function delivery() {
  const { body, signature } = bodies[next++ % bodies.length] ?? { body: '', signature: '' };
  const headers = {
    'content-type': 'application/json',
    'user-agent': 'exdata-webhooks/1.0',
    'x-event': 'document.completed',
    'x-delivery': randomUUID(),
    'x-timestamp': String(Math.floor(Date.now() / 1000)),
    'x-signature': signature,
  };
  return { headers, body };
}
