import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSandbox, VirtualClock, type Sandbox } from '../index.js';
import { Client, problemOf } from '../testing/client.js';
import { startReceiver, type Receiver } from '../testing/receiver.js';

describe('processing', () => {
  let clock: VirtualClock;
  let sandbox: Sandbox;
  let client: Client;
  let receiver: Receiver;

  beforeEach(async () => {
    clock = new VirtualClock();
    receiver = await startReceiver();
    sandbox = createSandbox({ clock, endpoints: [{ url: receiver.url }] });
    await sandbox.listen();
    client = new Client(sandbox);
  });

  afterEach(async () => {
    await sandbox.close();
    await receiver.close();
  });

  const events = (): unknown[] => receiver.received.map(({ headers }) => headers['x-event']);

  it('ends as scripted, for the next documents that match', async () => {
    sandbox.documents.setOutcome(
      { status: 'error', error: 'illegible' },
      { match: ({ file }) => file.filename === 'bad.pdf' },
    );
    sandbox.documents.setOutcome({ status: 'blocked', reason: 'policy' }, { times: 1 });
    const [blocked, bad, good] = [
      await client.uploaded(),
      await client.uploaded({ filename: 'bad.pdf' }),
      await client.uploaded(),
    ];
    await clock.advance(1_000);
    expect(await client.document(blocked.id)).toMatchObject({ status: 'blocked', blocked_reason: 'policy' });
    expect(await client.document(bad.id)).toMatchObject({ status: 'error', processing_error: 'illegible' });
    expect(await client.document(good.id)).toMatchObject({
      status: 'completed',
      blocked_reason: null,
      processing_error: null,
    });
    expect(events().sort()).toEqual(['document.blocked', 'document.completed', 'document.failed']);
  });

  it('holds documents until they are finished by hand, with fields and unknown keys laid over them', async () => {
    sandbox.documents.setProcessing('manual');
    const { id } = await client.uploaded();
    await clock.advance(1e9);
    expect((await client.document(id)).status).toBe('pending');
    const fields = {
      currency: null,
      gross_amount: '12.00',
      iban: { value: null, candidates: [{ page: 1 }] },
      cost_centre: 'A1',
    };
    await sandbox.documents.finish(id, { status: 'completed', fields }, { new_key: 1 });
    expect(receiver.received).toHaveLength(1);
    expect(await client.document(id)).toMatchObject({ status: 'completed', new_key: 1 });
    expect(await client.extractions(id)).toMatchObject({
      currency: { value: null, candidates: null },
      gross_amount: { value: '12.00', candidates: ['12.00'] },
      iban: { value: null, candidates: [{ page: 1 }] },
      cost_centre: { value: 'A1' },
      type: { value: 'invoice' },
    });
    await sandbox.documents.finish(id, undefined, { status: 'archived' });
    expect((await client.document(id)).status).toBe('archived');
  });

  it('runs again under another run id', async () => {
    const { id, latest_extraction_run: first } = await client.uploaded();
    await clock.advance(1_000);
    sandbox.documents.rerun(id);
    const again = await client.document(id);
    expect(again).toMatchObject({ status: 'pending', latest_extraction_run: { status: 'pending' } });
    expect(again.latest_extraction_run?.id).not.toBe(first?.id);
    await clock.advance(1_000);
    expect((await client.document(id)).status).toBe('completed');
    expect(events()).toEqual(['document.completed', 'document.completed']);
  });

  it('makes up an invoice that adds up, the same for the same seed', async () => {
    const invoices: unknown[] = [];
    for (const seed of ['a', 'a', 'b']) {
      const other = createSandbox({ seed, clock: new VirtualClock(), processingMs: 'manual' });
      await other.listen();
      const { id } = await new Client(other).uploaded();
      const fields = (await other.documents.finish(id)).fields ?? {};
      await other.close();
      invoices.push(fields);
      const cents = (name: string): number => Math.round(Number(fields[name]?.value) * 100);
      const [row] = fields.tax_breakdowns?.value as { tax_amount: string }[];
      expect(cents('net_amount') + Math.round(Number(row?.tax_amount) * 100)).toBe(cents('gross_amount'));
      const iban = String(fields.iban?.value);
      expect(iban).toHaveLength(22);
      expect(BigInt(`${iban.slice(4)}1314${iban.slice(2, 4)}`) % 97n).toBe(1n);
    }
    expect(invoices[0]).toEqual(invoices[1]);
    expect(invoices[0]).not.toEqual(invoices[2]);
  });

  it('makes documents look as the contract does not foresee, from their first answer on', async () => {
    sandbox.documents.setPatch(
      { mode: 'live', extra: true },
      { match: ({ requester }) => requester === 'wrong', skip: 1 },
    );
    const of = (requester: string): Promise<{ id: number; mode: string }> =>
      client.uploaded({ fields: [['requester', requester]] });
    const [first, other, second] = [await of('wrong'), await of('right'), await of('wrong')];
    expect([first.mode, other.mode, second.mode]).toEqual(['test', 'test', 'live']);
    expect(await client.document(second.id)).toMatchObject({ mode: 'live', extra: true });
    sandbox.documents.patch(first.id, { processing_stage: 'dreaming' });
    expect(await client.document(first.id)).toMatchObject({ processing_stage: 'dreaming', status: 'pending' });
    expect(receiver.received).toEqual([]);
    expect(() => sandbox.documents.patch(999, {})).toThrow('no document 999');
  });

  it('ends with a status that nobody knows, and tells it in the webhook', async () => {
    sandbox.documents.setOutcome({ status: 'completed', patch: { status: 'archived', processing_stage: 'vault' } });
    const { id } = await client.uploaded();
    await clock.advance(1_000);
    expect(await client.document(id)).toMatchObject({ status: 'archived', processing_stage: 'vault' });
    expect(JSON.parse(receiver.received[0]?.body ?? '')).toMatchObject({ data: { status: 'archived' } });
  });

  it.each([
    ['by default', {}, { code: 'processing_failed', message: expect.any(String) }],
    ['as an object', { error: { stage: 'ocr', details: [1] } }, { stage: 'ocr', details: [1] }],
    ['not at all', { error: null }, null],
  ])('tells what went wrong %s', async (_, outcome, error) => {
    sandbox.documents.setOutcome({ status: 'error', ...outcome });
    const { id } = await client.uploaded();
    await clock.advance(1_000);
    expect((await client.document(id)).processing_error).toEqual(error);
  });

  it('can tell of documents that are pending', async () => {
    sandbox.readings.pendingEvent = 'document.created';
    const { id } = await client.uploaded();
    await sandbox.journal.waitForDelivery(
      ({ event, outcome }) => event === 'document.created' && outcome === 'answered',
    );
    await clock.advance(1_000);
    sandbox.documents.rerun(id);
    await sandbox.journal.waitForDelivery(
      ({ event, outcome, seq }) => event === 'document.created' && outcome === 'answered' && seq > 3,
    );
    expect(events()).toEqual(['document.created', 'document.completed', 'document.created']);
    expect(receiver.received.map(({ body }) => (JSON.parse(body) as { data: { status: string } }).data.status)).toEqual(
      ['pending', 'completed', 'pending'],
    );
  });

  it('forgets what was laid down when it is told to', async () => {
    sandbox.documents.setOutcome({ status: 'error' }, { times: Infinity });
    sandbox.documents.setPatch({ mode: 'live' }, { times: Infinity });
    sandbox.documents.clear();
    const { id } = await client.uploaded();
    await clock.advance(1_000);
    expect(await client.document(id)).toMatchObject({ mode: 'test', status: 'completed' });
  });

  describe('credits', () => {
    it.each([
      ['merged', { code: 'insufficient_credits', data: { status: 'blocked' } }],
      ['data', { data: { status: 'blocked' } }],
      ['envelope', { code: 'insufficient_credits' }],
    ] as const)('answers 402 with a blocked document when they run out (%s)', async (reading, body) => {
      sandbox.readings.insufficientCredits = reading;
      sandbox.accounts.setCredits('acct_1', 1);
      await client.uploaded({ token: 'sandbox_live_token' });
      const response = await client.upload({ token: 'sandbox_live_token' });
      expect(response.status).toBe(402);
      expect(await response.json()).toMatchObject({ request_id: response.headers.get('x-request-id'), ...body });
      expect(sandbox.documents.list()[0]).toMatchObject({
        status: 'blocked',
        blockedReason: 'insufficient_credits',
        mode: 'live',
      });
      await client.uploaded();
    });

    it('can answer a blocked document with 201', async () => {
      sandbox.readings.insufficientCredits = 'created';
      sandbox.accounts.setCredits('acct_1', 0);
      const blocked = await client.uploaded({ token: 'sandbox_live_token' });
      expect(blocked).toMatchObject({ status: 'blocked', blocked_reason: 'insufficient_credits' });
    });

    it('lets new keys through after a top-up, and keeps to its answer under the old one', async () => {
      sandbox.accounts.setCredits('acct_1', 0);
      const live = (key: string): Promise<number> =>
        client.upload({ token: 'sandbox_live_token', key }).then(({ status }) => status);
      expect(await live('old')).toBe(402);
      expect(sandbox.accounts.topUp('acct_1', 2)).toBe(2);
      expect([await live('old'), await live('new'), await live('new')]).toEqual([402, 201, 201]);
      expect(sandbox.accounts.list()).toMatchObject([{ id: 'acct_1', credits: 1, testUploadsToday: 0 }]);
    });

    it('limits a day of test mode, until the next one', async () => {
      sandbox.accounts.setDailyTestUploads('acct_1', 1);
      await clock.advance(86_400_000);
      await client.uploaded({ key: 'a' });
      const response = await client.upload({ key: 'b' });
      expect(await problemOf(response)).toMatchObject({ status: 429, code: 'test_mode_limit_exceeded' });
      await client.uploaded({ token: 'sandbox_live_token' });
      await clock.advance(Number(response.headers.get('retry-after')) * 1000);
      await client.uploaded({ key: 'b' });
    });
  });
});
