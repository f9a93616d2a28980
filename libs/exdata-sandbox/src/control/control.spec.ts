import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSandbox, defaultReadings, VirtualClock, type Sandbox } from '../index.js';
import { Client } from '../testing/client.js';
import { startReceiver, type Receiver } from '../testing/receiver.js';

describe('control over HTTP', () => {
  let sandbox: Sandbox;
  let client: Client;
  let receiver: Receiver;

  beforeEach(async () => {
    receiver = await startReceiver();
    sandbox = createSandbox({ clock: new VirtualClock(), control: true, processingMs: 'manual' });
    await sandbox.listen();
    client = new Client(sandbox);
  });

  afterEach(async () => {
    await sandbox.close();
    await receiver.close();
  });

  const call = (method: string, path: string, body?: unknown): Promise<Response> =>
    fetch(new URL(`/_sandbox/${path}`, sandbox.baseUrl), {
      method,
      ...(body !== undefined && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    });
  const json = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await call(method, path, body);
    expect(response.status).toBe(200);
    return response.json();
  };

  it('drives the life of a document and tells of it', async () => {
    expect(await json('POST', 'endpoints', { url: receiver.url, secret: 's' })).toMatchObject({ id: 'we_1' });
    const { id } = await client.uploaded({ key: 'k' });
    await json('POST', `documents/${id}/finish`, {
      outcome: { status: 'completed', fields: { currency: 'CHF' } },
      patch: { extra: true },
    });
    expect(await client.document(id)).toMatchObject({ status: 'completed', extra: true });
    await json('POST', `documents/${id}/deliver`, { signature: 'no' });
    expect(await json('GET', 'journal?kind=delivery')).toMatchObject([
      { status: 204 },
      { headers: { 'X-Signature': 'no' } },
    ]);
    expect(await json('GET', 'journal?kind=request')).toMatchObject([{ idempotencyKey: 'k' }, { method: 'GET' }]);
    const [delivery] = sandbox.webhooks.deliveries();
    await json('POST', `deliveries/${delivery?.id ?? ''}/replay`);
    expect(receiver.received).toHaveLength(3);
    expect(await json('POST', 'endpoints/we_1/rotate', { secret: 'new' })).toEqual({ secret: 'new' });
    await json('POST', `documents/${id}/rerun`);
    expect(await json('GET', 'documents')).toMatchObject([{ id, status: 'pending' }]);
    await json('DELETE', 'endpoints/we_1');
    expect(sandbox.webhooks.endpoints()).toEqual([]);
  });

  it('lays down faults and outcomes, and sets readings', async () => {
    const fault = { respond: { status: 503, body: { message: 'Later.', code: 'unavailable' } } };
    await json('POST', 'faults/requests', { match: { path: '/api/v1/ping' }, times: 'always', fault });
    expect([(await client.get('/ping')).status, (await client.get('/ping')).status]).toEqual([503, 503]);
    expect((await client.get('/documents')).status).toBe(200);
    await json('POST', 'faults/deliveries', { match: { attempt: 1 }, fault: { copies: 3 } });
    await json('POST', 'endpoints', { url: receiver.url });
    await sandbox.documents.finish((await client.uploaded()).id);
    expect(receiver.received).toHaveLength(3);
    await json('DELETE', 'faults');
    expect((await client.get('/ping')).status).toBe(200);
    await json('POST', 'outcomes', { outcome: { status: 'error' } });
    await json('POST', 'config', { processingMs: 0, credits: { acct_1: 0 }, readings: { webhookRetry: 'new-id' } });
    expect(sandbox.readings.webhookRetry).toBe('new-id');
    expect((await client.upload({ token: 'sandbox_live_token' })).status).toBe(402);
  });

  it('adds accounts and tokens, narrows and revokes them, and tops up', async () => {
    await json('POST', 'accounts', { id: 'second', tokens: [{ token: 'a', mode: 'live' }], credits: 0 });
    await json('POST', 'accounts/second/tokens', { token: 'b', mode: 'test', abilities: ['documents:read'] });
    expect([(await client.upload({ token: 'a' })).status, (await client.upload({ token: 'b' })).status]).toEqual([
      402, 403,
    ]);
    expect(await json('POST', 'accounts/second/top-up', { credits: 3 })).toEqual({ credits: 3 });
    await json('POST', 'tokens/abilities', { token: 'b', abilities: ['documents:write'] });
    expect([(await client.upload({ token: 'a' })).status, (await client.upload({ token: 'b' })).status]).toEqual([
      201, 201,
    ]);
    expect(await json('POST', 'tokens/revoke', { token: 'a' })).toEqual({ revoked: true });
    expect(await json('POST', 'tokens/revoke', { token: 'a' })).toEqual({ revoked: false });
    expect((await client.get('/ping', 'a')).status).toBe(401);
    const accounts = await json('GET', 'accounts');
    expect(accounts).toMatchObject([
      {},
      { id: 'second', credits: 2, dailyTestUploads: 'none', testUploadsToday: 1, tokens: [{ mode: 'test' }] },
    ]);
    expect(JSON.stringify(accounts)).not.toContain('"b"');
  });

  it('proves how often what was sent under which key', async () => {
    await json('POST', 'config', { credits: { acct_1: 0 } });
    const fields = [['requester', 'r']] as const;
    await client.upload({ token: 'sandbox_live_token', key: 'k', fields });
    const [refused] = (await json('GET', 'journal?kind=request')) as { seq: number }[];
    expect(refused).toMatchObject({
      operation: 'uploadDocument',
      status: 402,
      idempotencyKey: 'k',
      fields: { requester: ['r'] },
      file: { filename: 'scan.pdf', sha256: expect.stringMatching(/^[0-9a-f]{64}$/) },
    });
    expect(await json('GET', `journal?after=${refused?.seq ?? 0}`)).toEqual([]);
    expect(await json('GET', 'documents')).toMatchObject([{ idempotencyKey: 'k', requester: 'r' }]);
    await json('DELETE', 'journal');
    expect(await json('GET', 'journal')).toEqual([]);
  });

  it('waits for what comes, and says so when it does not', async () => {
    const waiting = json('POST', 'journal/wait', { match: { operation: 'ping', outcome: 'answered' } });
    await client.get('/ping');
    const entry = (await waiting) as { seq: number };
    expect(entry).toMatchObject({ kind: 'request', status: 200 });
    const late = await call('POST', 'journal/wait', { match: { operation: 'ping' }, after: entry.seq, timeoutMs: 1 });
    expect([late.status, await late.json()]).toEqual([400, { message: expect.stringContaining('within 1 ms') }]);
  });

  it('plays a fault for the nth request, and lets go what it keeps back', async () => {
    const fault = { delayMs: 'forever', alter: { headers: { 'X-Late': 'yes' } } };
    await json('POST', 'faults/requests', { match: { operation: 'ping', account: 'acct_1' }, skip: 1, fault });
    expect((await client.get('/ping')).headers.get('x-late')).toBeNull();
    const kept = client.get('/ping');
    await json('POST', 'journal/wait', { match: { outcome: 'delayed' } });
    expect(await json('POST', 'faults/release')).toEqual({ released: 1 });
    expect((await kept).headers.get('x-late')).toBe('yes');
  });

  it('lays down outcomes and looks for the uploads that match', async () => {
    await json('POST', 'outcomes', {
      match: { requester: 'r' },
      outcome: { status: 'blocked', reason: 'policy', patch: { extra: 1 } },
    });
    await json('POST', 'patches', { match: { filename: 'scan.pdf' }, times: 'always', patch: { mode: 'live' } });
    await json('POST', 'config', { processingMs: 10 });
    const { id, mode } = await client.uploaded({ fields: [['requester', 'r']] });
    expect(mode).toBe('live');
    expect(await json('GET', 'clock')).toEqual({ now: Date.UTC(2026, 4, 10, 1), virtual: true });
    expect(await json('POST', 'clock/advance', { ms: 10 })).toEqual({ now: Date.UTC(2026, 4, 10, 1) + 10 });
    expect(await client.document(id)).toMatchObject({
      status: 'blocked',
      blocked_reason: 'policy',
      extra: 1,
      mode: 'live',
    });
    await json('POST', `documents/${id}/patch`, { patch: { blocked_reason: 'other' } });
    expect((await client.document(id)).blocked_reason).toBe('other');
    await json('DELETE', 'outcomes');
    expect((await client.uploaded()).mode).toBe('test');
  });

  it('sends webhooks with any body, as often as asked', async () => {
    await json('POST', 'endpoints', { url: receiver.url });
    const entries = await json('POST', 'deliveries', {
      event: 'e',
      body: { document_id: 9 },
      override: { copies: 20, timestampShift: -400 },
    });
    expect(entries).toHaveLength(20);
    expect(receiver.received).toHaveLength(20);
    expect(await json('GET', 'endpoints')).toMatchObject([{ id: 'we_1', account: 'acct_1' }]);
  });

  it('limits rates, and shows the readings it plays', async () => {
    expect(await json('POST', 'config', { rates: { token: 1 }, readings: { retryAfter: 'date' } })).toMatchObject({
      retryAfter: 'date',
    });
    expect([(await client.get('/ping')).status, (await client.get('/ping')).status]).toEqual([200, 429]);
    await json('POST', 'config', { rates: { token: 'none' } });
    expect((await client.get('/ping')).status).toBe(200);
    expect(await json('GET', 'config')).toMatchObject({ paging: 'links-and-meta', idempotencyLifetimeMs: 'none' });
  });

  it('takes every reading there is', async () => {
    const { idempotencyLifetimeMs, ...readings } = defaultReadings;
    expect(idempotencyLifetimeMs).toBe(Infinity);
    const all = { ...readings, idempotencyLifetimeMs: 'none' };
    expect(await json('POST', 'config', { readings: all })).toEqual(all);
    expect(sandbox.readings).toEqual(defaultReadings);
  });

  it('refuses what it does not understand', async () => {
    expect((await call('POST', 'config', { readings: { webhookRetry: 'never' } })).status).toBe(422);
    expect((await call('POST', 'config', { unknown: 1 })).status).toBe(422);
    expect((await call('POST', 'documents/999/finish', {})).status).toBe(400);
    expect((await call('GET', 'elsewhere')).status).toBe(404);
  });

  it('refuses what a web page could send', async () => {
    const form = await fetch(new URL('/_sandbox/config', sandbox.baseUrl), {
      method: 'POST',
      body: '{}',
      headers: { 'content-type': 'text/plain' },
    });
    expect(form.status).toBe(415);
    const rebound = await new Promise<number | undefined>((resolve, reject) => {
      const url = new URL('/_sandbox/journal', sandbox.baseUrl);
      request(url, { headers: { host: 'attacker.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect(rebound).toBe(403);
  });

  it('is never opened to other machines', () => {
    expect(() => createSandbox({ control: true, host: '0.0.0.0' })).toThrow('loopback');
  });
});
