import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSandbox, sign, VirtualClock, type Readings, type Sandbox } from '../index.js';
import { Client } from '../testing/client.js';
import { startReceiver, type Received, type Receiver } from '../testing/receiver.js';

const secret = 'demo_secret_for_docs_only';

describe('webhooks', () => {
  let clock: VirtualClock;
  let sandbox: Sandbox;
  let client: Client;
  let receiver: Receiver;

  beforeEach(async () => {
    clock = new VirtualClock();
    receiver = await startReceiver();
    sandbox = createSandbox({
      clock,
      endpoints: [{ url: receiver.url, secret }],
      webhookRetryAfterMs: [10_000, 60_000],
    });
    await sandbox.listen();
    client = new Client(sandbox);
  });

  afterEach(async () => {
    await sandbox.close();
    await receiver.close();
  });

  const completed = async (): Promise<number> => {
    const { id } = await client.uploaded();
    await clock.advance(1_000);
    return id;
  };
  const header = (name: string): unknown[] => receiver.received.map(({ headers }) => headers[name]);
  const isSigned = ({ headers, body }: Received, by = secret): boolean => headers['x-signature'] === sign(by, body);

  it('signs as the example of the contract', () => {
    const body = '{"event":"document.completed","data":{"id":123,"mode":"test","status":"completed"}}';
    expect(sign(secret, body)).toBe('213627c32c88acf9e5c84cdd33f20c95107a7e36b6b35b1cb90447a6e6ee31dd');
    expect(sign(secret, `${body}\n`)).toBe('7d64c69fb067e33007dabb18c9f9e39da37b342026ebfb44843bb7d46248b8a2');
  });

  it.each<[Readings['webhookRetry'], number, number]>([
    ['same-id-same-timestamp', 1, 1],
    ['same-id-new-timestamp', 1, 3],
    ['new-id', 3, 3],
  ])('retries by the schedule until it is exhausted (%s)', async (reading, ids, timestamps) => {
    sandbox.readings.webhookRetry = reading;
    receiver.status = 500;
    await completed();
    expect(receiver.received).toHaveLength(1);
    await clock.advance(9_999);
    expect(receiver.received).toHaveLength(1);
    await clock.advance(1);
    expect(receiver.received).toHaveLength(2);
    await clock.advance(1e9);
    expect(receiver.received).toHaveLength(3);
    expect(new Set(header('x-delivery')).size).toBe(ids);
    expect(new Set(header('x-timestamp')).size).toBe(timestamps);
    expect(new Set(receiver.received.map(({ body }) => body)).size).toBe(1);
    expect(sandbox.webhooks.deliveries()).toMatchObject([{ status: 'exhausted', attempts: 3 }]);
    expect(sandbox.journal.deliveries().map(({ status, attempt }) => [status, attempt])).toEqual([
      [500, 1],
      [500, 2],
      [500, 3],
    ]);
  });

  it('retries when nobody answers, and stops once it is accepted', async () => {
    await receiver.close();
    await completed();
    expect(sandbox.journal.deliveries()).toMatchObject([
      { outcome: 'failed', status: null, error: expect.stringContaining('ECONNREFUSED') },
    ]);
    receiver = await startReceiver();
    const { id } = sandbox.webhooks.addEndpoint({ url: receiver.url });
    sandbox.webhooks.removeEndpoint('we_1');
    await sandbox.webhooks.deliver(sandbox.documents.list()[0]?.id ?? 0);
    await clock.advance(1e9);
    expect(sandbox.webhooks.deliveries()).toMatchObject([{ status: 'dropped' }, {}]);
    expect(sandbox.webhooks.deliveries().at(-1)).toMatchObject({ endpointId: id, status: 'delivered', attempts: 1 });
    expect(receiver.received).toHaveLength(1);
  });

  it('goes to every endpoint of the account that subscribed to the event', async () => {
    const failures = sandbox.webhooks.addEndpoint({ url: `${receiver.url}?failures`, events: ['document.failed'] });
    await completed();
    expect(receiver.received).toHaveLength(1);
    sandbox.documents.setOutcome({ status: 'error' });
    await completed();
    expect(receiver.received).toHaveLength(3);
    expect(receiver.received.filter((received) => isSigned(received, failures.secret))).toHaveLength(1);
  });

  it.each<[Readings['webhookBody'], (id: number) => unknown]>([
    ['data.id', (id) => ({ data: { id, status: 'completed' } })],
    ['data.document.id', (id) => ({ data: { document: { id } } })],
    ['document.id', (id) => ({ document: { id } })],
    ['document_id', (document_id) => ({ document_id })],
  ])('names the document at %s', async (reading, shape) => {
    sandbox.readings.webhookBody = reading;
    const id = await completed();
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({
      event: 'document.completed',
      ...(shape(id) as object),
    });
  });

  it('replays a delivery under a fresh id and timestamp', async () => {
    await completed();
    await clock.advance(5_000);
    const entry = await sandbox.webhooks.replay(String(header('x-delivery')[0]));
    expect(entry).toMatchObject({ status: 204, outcome: 'answered' });
    const [first, second] = receiver.received;
    expect(second?.body).toBe(first?.body);
    expect(second?.headers['x-signature']).toBe(first?.headers['x-signature']);
    expect(second?.headers['x-delivery']).not.toBe(first?.headers['x-delivery']);
    expect(Number(second?.headers['x-timestamp']) - Number(first?.headers['x-timestamp'])).toBe(5);
  });

  it('signs with the rotated secret from the next attempt on', async () => {
    receiver.status = 401;
    await completed();
    const rotated = sandbox.webhooks.rotateSecret('we_1');
    await clock.advance(10_000);
    expect(receiver.received.map((received) => [isSigned(received), isSigned(received, rotated)])).toEqual([
      [true, false],
      [false, true],
    ]);
  });

  it('names events as it is told', async () => {
    sandbox.readings.events = { completed: 'invoice.ready', error: 'x', blocked: 'y' };
    await completed();
    expect(header('x-event')).toEqual(['invoice.ready']);
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ event: 'invoice.ready' });
  });

  it('does not follow redirects', async () => {
    receiver.status = 307;
    await completed();
    expect(sandbox.webhooks.deliveries()).toMatchObject([{ status: 'pending', attempts: 1 }]);
  });
});
