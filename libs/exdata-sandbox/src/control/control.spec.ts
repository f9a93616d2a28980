import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSandbox, VirtualClock, type Sandbox } from '../index.js';
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
    await json('POST', `documents/${id}/finish`, { outcome: { status: 'completed', fields: { currency: 'CHF' } }, patch: { extra: true } });
    expect(await client.document(id)).toMatchObject({ status: 'completed', extra: true });
    await json('POST', `documents/${id}/deliver`, { signature: 'no' });
    expect(await json('GET', 'journal?kind=delivery')).toMatchObject([{ status: 204 }, { headers: { 'X-Signature': 'no' } }]);
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
