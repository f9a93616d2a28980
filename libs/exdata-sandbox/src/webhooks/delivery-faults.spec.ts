import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSandbox, sign, VirtualClock, type DeliveryFault, type Sandbox } from '../index.js';
import { Client } from '../testing/client.js';
import { startReceiver, type Received, type Receiver } from '../testing/receiver.js';

const secret = 'demo_secret_for_docs_only';

describe('webhooks that go wrong', () => {
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
      // A thousand copies are much to answer for a busy machine.
      webhookTimeoutMs: 100_000,
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

  it('delivers altered on demand', async () => {
    const id = await completed();
    receiver.received.length = 0;
    const attempts = await sandbox.webhooks.deliver(id, {
      id: 'not-a-uuid',
      timestamp: 1,
      event: 'document.future',
      headers: { 'X-Extra': 'yes' },
    });
    expect(attempts).toMatchObject([{ status: 204, faulty: true, sentId: 'not-a-uuid' }]);
    expect(receiver.received[0]?.headers).toMatchObject({
      'x-delivery': 'not-a-uuid',
      'x-timestamp': '1',
      'x-event': 'document.future',
      'x-extra': 'yes',
    });
    await expect(sandbox.webhooks.deliver(999)).rejects.toThrow('no document 999');
  });

  it.each<[string, DeliveryFault, (received: Received, original: string) => void]>([
    ['a wrong signature', { signature: '0'.repeat(64) }, (received) => expect(isSigned(received)).toBe(false)],
    ['no signature', { signature: null }, ({ headers }) => expect(headers).not.toHaveProperty('x-signature')],
    ['another secret', { secret: 'other' }, (received) => expect(isSigned(received, 'other')).toBe(true)],
    ['a truncated body', { truncateTo: 20 }, ({ body }) => expect(body).toHaveLength(20)],
    [
      'a re-serialised body',
      { reserialise: true },
      (received, original) => {
        expect(received.headers['x-signature']).toBe(sign(secret, original));
        expect(isSigned(received)).toBe(false);
        expect(JSON.parse(received.body)).toEqual(JSON.parse(original));
      },
    ],
    ['a body with a newline', { append: '\n' }, ({ body }, original) => expect(body).toBe(`${original}\n`)],
    [
      'a flipped bit',
      { flipBit: 100 },
      (received, original) => {
        expect(received.body).not.toBe(original);
        expect(received.body).toHaveLength(original.length);
        expect(isSigned(received)).toBe(false);
      },
    ],
    [
      'a stale delivery',
      { timestampShift: -301 },
      (received) => {
        expect(Number(received.headers['x-timestamp'])).toBe(Date.UTC(2026, 4, 10, 1, 0, 1) / 1000 - 301);
        expect(isSigned(received)).toBe(true);
      },
    ],
  ])('plays %s once, and the retry is in order', async (_, fault, check) => {
    sandbox.faults.delivery(fault);
    receiver.status = 401;
    await completed();
    await clock.advance(10_000);
    const [faulty, retry] = receiver.received;
    if (faulty === undefined || retry === undefined) throw new Error('A delivery is missing.');
    check(faulty, retry.body);
    expect(isSigned(retry)).toBe(true);
  });

  it('loses a delivery', async () => {
    sandbox.faults.delivery({ drop: true });
    await completed();
    await clock.advance(1e9);
    expect(receiver.received).toHaveLength(0);
    expect(sandbox.webhooks.deliveries()).toMatchObject([{ status: 'dropped' }]);
  });

  it('duplicates a delivery', async () => {
    sandbox.faults.delivery({ copies: 50 });
    await completed();
    expect(receiver.received).toHaveLength(50);
    expect(new Set(header('x-delivery')).size).toBe(1);
  });

  it('breaks a delivery off, and tries again', async () => {
    sandbox.faults.delivery({ cutAfter: 10 });
    await completed();
    expect(receiver.received).toHaveLength(0);
    expect(sandbox.journal.deliveries()).toMatchObject([{ outcome: 'failed', status: null, faulty: true }]);
    await clock.advance(10_000);
    expect(receiver.received).toHaveLength(1);
  });

  it('delivers a thousand copies at once', async () => {
    const id = await completed();
    receiver.received.length = 0;
    const entries = await sandbox.webhooks.deliver(id, { copies: 1_000 });
    expect(entries.filter(({ status }) => status !== 204).map(({ error }) => error)).toEqual([]);
    expect(new Set(header('x-delivery')).size).toBe(1);
    expect(receiver.received).toHaveLength(1_000);
  });

  it('sends any body, signed, for documents that are not there', async () => {
    sandbox.accounts.add({ id: 'theirs', tokens: [] });
    sandbox.webhooks.addEndpoint({ url: `${receiver.url}?theirs`, account: 'theirs' });
    const body = { type: 'document.deleted', object: { document: '99' } };
    expect(await sandbox.webhooks.send({ event: 'document.deleted', body })).toMatchObject([
      { status: 204, documentId: null },
    ]);
    await sandbox.webhooks.send({ event: 'ping', body: 'no JSON', account: 'theirs' }, { timestampShift: 61 });
    const [ours, theirs] = receiver.received;
    expect(ours?.body).toBe(JSON.stringify(body));
    expect(ours?.headers['x-event']).toBe('document.deleted');
    expect(ours !== undefined && isSigned(ours)).toBe(true);
    expect(theirs).toMatchObject({ body: 'no JSON', headers: { 'x-event': 'ping' } });
    expect(theirs !== undefined && isSigned(theirs)).toBe(false);
  });

  it('delays a delivery, and lets the next overtake it', async () => {
    sandbox.faults.delivery({ delayMs: 5_000 });
    sandbox.faults.delivery({ afterNext: true });
    const [late, held] = [await completed(), await completed()];
    expect(receiver.received).toHaveLength(0);
    const third = await completed();
    await clock.advance(5_000);
    const order = receiver.received.map(({ body }) => (JSON.parse(body) as { data: { id: number } }).data.id);
    expect(order).toEqual([third, held, late]);
  });
});
