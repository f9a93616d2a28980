import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSandbox, requestFaults, VirtualClock, type Sandbox } from '../index.js';
import { Client, documentOf, problemOf, scan } from '../testing/client.js';

describe('Idempotency-Key', () => {
  let clock: VirtualClock;
  let sandbox: Sandbox;
  let client: Client;

  beforeEach(async () => {
    clock = new VirtualClock();
    sandbox = createSandbox({
      clock,
      accounts: [
        {
          id: 'ours',
          credits: 1,
          tokens: [
            { token: 'sandbox_test_token', mode: 'test' },
            { token: 'second', mode: 'test' },
            { token: 'live', mode: 'live' },
          ],
        },
        { id: 'theirs', tokens: [{ token: 'theirs', mode: 'test' }] },
      ],
    });
    await sandbox.listen();
    client = new Client(sandbox);
  });

  afterEach(() => sandbox.close());

  it('gives the stored answer again for the same payload, as it was then', async () => {
    const upload = { key: 'k', fields: [['locale', 'de']] } as const;
    const first = await client.uploaded(upload);
    await clock.advance(1_000);
    expect(await client.uploaded(upload)).toEqual(first);
    expect(first.status).toBe('pending');
    expect(sandbox.documents.list()).toHaveLength(1);
    expect(sandbox.journal.requests(({ replayed }) => replayed)).toHaveLength(1);
  });

  it.each([
    ['bytes', { file: Buffer.concat([scan, scan]) }],
    ['file name', { filename: 'other.pdf' }],
    ['fields', { fields: [['locale', 'en']] as const }],
  ])('answers 409 to other %s', async (_, changed) => {
    await client.uploaded({ key: 'k' });
    expect(await problemOf(await client.upload({ key: 'k', ...changed }))).toMatchObject({ status: 409 });
    expect(sandbox.documents.list()).toHaveLength(1);
  });

  it('answers 409 while the first call is running, and the stored answer afterwards', async () => {
    sandbox.faults.request(requestFaults.slow(30_000));
    const first = client.upload({ key: 'k' });
    await sandbox.journal.waitForRequest(({ outcome }) => outcome === 'delayed');
    expect(await problemOf(await client.upload({ key: 'k' }))).toMatchObject({ status: 409 });
    await clock.advance(30_000);
    expect(await documentOf(await client.upload({ key: 'k' }))).toEqual(await documentOf(await first));
  });

  it('gives the answer that was lost', async () => {
    sandbox.faults.request(requestFaults.answerLost());
    await expect(client.upload({ key: 'k' })).rejects.toThrow();
    const lost = await sandbox.journal.waitForRequest(({ outcome }) => outcome === 'cut');
    expect(lost).toMatchObject({ status: 201, documentId: (await client.uploaded({ key: 'k' })).id });
    expect(sandbox.documents.list()).toHaveLength(1);
  });

  it('knows nothing of an upload that was cut', async () => {
    sandbox.faults.request(requestFaults.requestCut(10));
    await expect(client.upload({ key: 'k' })).rejects.toThrow();
    expect(sandbox.documents.list()).toHaveLength(0);
    await client.uploaded({ key: 'k', filename: 'other.pdf' });
  });

  it('is unique within an account, or within a token', async () => {
    const { id } = await client.uploaded({ key: 'k' });
    expect((await client.uploaded({ key: 'k', token: 'theirs' })).id).not.toBe(id);
    expect((await client.uploaded({ key: 'k', token: 'second' })).id).toBe(id);
    sandbox.readings.idempotencyScope = 'token';
    const again = await client.uploaded({ key: 'j' });
    expect((await client.uploaded({ key: 'j', token: 'second' })).id).not.toBe(again.id);
  });

  it('spends no second credit, and keeps a 402 under its key', async () => {
    await client.uploaded({ key: 'a', token: 'live' });
    await client.uploaded({ key: 'a', token: 'live' });
    expect(sandbox.accounts.credits('ours')).toBe(0);
    expect((await client.upload({ key: 'b', token: 'live' })).status).toBe(402);
    sandbox.accounts.setCredits('ours', 5);
    expect((await client.upload({ key: 'b', token: 'live' })).status).toBe(402);
    await client.uploaded({ key: 'c', token: 'live' });
  });

  it('can answer a repetition with 200', async () => {
    sandbox.readings.replayStatus = 200;
    await client.uploaded({ key: 'k' });
    expect((await client.upload({ key: 'k' })).status).toBe(200);
  });

  it('forgets keys after their lifetime: the same key then makes another document', async () => {
    sandbox.readings.idempotencyLifetimeMs = 86_400_000;
    const { id } = await client.uploaded({ key: 'k' });
    await clock.advance(86_399_999);
    expect((await client.uploaded({ key: 'k' })).id).toBe(id);
    await clock.advance(1);
    expect((await client.uploaded({ key: 'k' })).id).not.toBe(id);
    expect(sandbox.documents.list().map(({ idempotencyKey }) => idempotencyKey)).toEqual(['k', 'k']);
  });

  it('may not tell a running upload from another payload', async () => {
    sandbox.readings.conflictCodes = 'same';
    sandbox.faults.request(requestFaults.hang());
    const first = client.upload({ key: 'k' });
    await sandbox.journal.waitForRequest(({ outcome }) => outcome === 'delayed');
    const running = await problemOf(await client.upload({ key: 'k' }));
    sandbox.faults.release();
    await first;
    const reused = await problemOf(await client.upload({ key: 'k', filename: 'other.pdf' }));
    expect([running, reused]).toMatchObject([
      { status: 409, code: 'conflict', message: reused.message },
      { status: 409, code: 'conflict' },
    ]);
  });
});
