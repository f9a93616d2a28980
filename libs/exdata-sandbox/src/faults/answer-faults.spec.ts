import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSandbox, requestFaults, VirtualClock, type Sandbox } from '../index.js';
import { advanceUntil } from '../testing/advance.js';
import { Client, documentOf, problemOf } from '../testing/client.js';
import { rawGet } from '../testing/raw-exchange.js';

describe('answers that go wrong', () => {
  let clock: VirtualClock;
  let sandbox: Sandbox;
  let client: Client;

  beforeEach(async () => {
    clock = new VirtualClock();
    sandbox = createSandbox({ clock });
    await sandbox.listen();
    client = new Client(sandbox);
  });

  afterEach(() => sandbox.close());

  it('closes the connection after any byte of the answer', async () => {
    const whole = await rawGet(sandbox.baseUrl, '/ping');
    expect(whole.head).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    for (const bytes of [0, 1, 12, 40]) {
      sandbox.faults.request(requestFaults.answerLost(bytes));
      const { text } = await rawGet(sandbox.baseUrl, '/ping');
      expect(text).toHaveLength(bytes);
      expect('HTTP/1.1 200 OK\r\n').toContain(text.slice(0, 17));
    }
    sandbox.faults.request(requestFaults.answerBodyCut(5));
    const cut = await rawGet(sandbox.baseUrl, '/ping');
    expect(cut.head).toContain(`Content-Length: ${whole.body.length}`);
    expect(cut.body).toBe(whole.body.slice(0, 5));
    expect(sandbox.journal.requests(({ outcome, status }) => outcome === 'cut' && status === 200)).toHaveLength(5);
  });

  it('carries an upload out before its answer is cut', async () => {
    sandbox.faults.request(requestFaults.answerBodyCut(20));
    await expect(client.upload({ key: 'k' }).then((response) => response.text())).rejects.toThrow();
    const first = sandbox.documents.list();
    expect(await documentOf(await client.upload({ key: 'k' }))).toMatchObject({ id: first[0]?.id });
    expect(sandbox.documents.list()).toHaveLength(1);
  });

  it('breaks JSON off in an answer that is whole by HTTP’s rules', async () => {
    sandbox.faults.request(requestFaults.truncatedJson(7));
    const response = await client.get('/ping');
    expect([response.status, response.headers.get('content-length')]).toEqual([200, '7']);
    expect(await response.text()).toBe('{"data"');
  });

  it('answers under another content type, or none', async () => {
    sandbox.faults.request(requestFaults.contentType('text/plain'));
    sandbox.faults.request(requestFaults.contentType(null));
    const types = [await client.get('/ping'), await client.get('/ping')].map(({ headers }) =>
      headers.get('content-type'),
    );
    expect(types).toEqual(['text/plain', null]);
  });

  it.each([true, false])('sends more than anyone asked for (announced: %s)', async (announced) => {
    sandbox.faults.request(requestFaults.oversized(3_000_000, announced));
    const response = await client.get('/ping');
    expect(response.headers.get('content-length')).toBe(announced ? '3000000' : null);
    const text = await response.text();
    expect(text).toHaveLength(3_000_000);
    expect(JSON.parse(text)).toMatchObject({ data: { message: 'pong' } });
  });

  it('stops sending to a client that has had enough', async () => {
    sandbox.faults.request(requestFaults.oversized(2 ** 40, false));
    const reader = (await client.get('/ping')).body?.getReader();
    expect((await reader?.read())?.done).toBe(false);
    await reader?.cancel();
    expect((await client.get('/ping')).status).toBe(200);
  });

  it.each(['/api/v1/elsewhere', 'https://other.example/api/v1/ping'])('redirects to %s', async (location) => {
    sandbox.faults.request(requestFaults.redirect(location, 308));
    const response = await fetch(`${sandbox.baseUrl}/ping`, { redirect: 'manual' });
    expect([response.status, response.headers.get('location')]).toEqual([308, location]);
  });

  it('alters the data of an answer, but not the document', async () => {
    const { id } = await client.uploaded();
    sandbox.faults.request(requestFaults.otherData({ mode: 'live', processing_stage: 'dreaming' }));
    expect(await client.document(id)).toMatchObject({
      id,
      mode: 'live',
      processing_stage: 'dreaming',
      status: 'pending',
    });
    expect(await client.document(id)).toMatchObject({ mode: 'test', processing_stage: 'queued' });
  });

  it('leaves the request id out, and changes the status under a good body', async () => {
    sandbox.faults.request({ alter: { status: 500, headers: { 'x-request-id': null } } });
    const response = await client.get('/ping');
    expect([response.status, response.headers.get('x-request-id')]).toEqual([500, null]);
    expect(sandbox.journal.requests()).toMatchObject([{ status: 500, faulty: true }]);
  });

  it('drips an answer on its own clock, in drops that arrive one by one', async () => {
    sandbox.faults.request(requestFaults.drip(20, 5));
    const arrived: string[] = [];
    const reading = (async () => {
      const { body } = await client.get('/ping');
      for await (const chunk of body ?? []) arrived.push(Buffer.from(chunk as Uint8Array).toString());
    })();
    const took = await advanceUntil(clock, reading, 250);
    const text = arrived.join('');
    expect(JSON.parse(text)).toMatchObject({ data: { message: 'pong' } });
    expect(arrived.length).toBeGreaterThan(2);
    expect(took).toBeGreaterThanOrEqual((text.length / 20) * 1000);
  });

  it('takes a body in slowly on its own clock, and knows all of it afterwards', async () => {
    const file = Buffer.alloc(20_000, '%PDF-1.7 ');
    sandbox.faults.request(requestFaults.slowIntake(10_000));
    const upload = client.upload({ file, key: 'k' });
    const took = await advanceUntil(clock, upload, 500);
    expect(took).toBeGreaterThanOrEqual(2_000);
    expect((await documentOf(await upload)).file_size).toBe(20_000);
  });

  it('gives no answer until it is let go', async () => {
    sandbox.faults.request(requestFaults.hang());
    const upload = client.upload({ key: 'k' });
    await sandbox.journal.waitForRequest(({ outcome }) => outcome === 'delayed');
    expect(await problemOf(await client.upload({ key: 'k' }))).toMatchObject({ status: 409 });
    expect(sandbox.faults.release()).toBe(1);
    expect((await upload).status).toBe(201);
    expect(sandbox.faults.release()).toBe(0);
  });

  it('ends an upload whose client gave up waiting', async () => {
    sandbox.faults.request(requestFaults.hang());
    const giveUp = new AbortController();
    const upload = client.upload({ key: 'k', signal: giveUp.signal });
    await sandbox.journal.waitForRequest(({ outcome }) => outcome === 'delayed');
    giveUp.abort();
    await expect(upload).rejects.toThrow();
    const { documentId } = await sandbox.journal.waitForRequest(
      ({ outcome, status }) => outcome === 'aborted' && status === 201,
    );
    expect(await documentOf(await client.upload({ key: 'k' }))).toMatchObject({ id: documentId });
  });

  it.each([
    ['exdata’s envelope', requestFaults.unavailable(30), 'application/json', '30'],
    ['a date', requestFaults.unavailable(new Date(0)), 'application/json', 'Thu, 01 Jan 1970 00:00:00 GMT'],
    ['a page of HTML', requestFaults.badGateway(), 'text/html', null],
    ['nothing', requestFaults.empty(504), null, null],
  ])('fails with %s', async (_, fault, type, retryAfter) => {
    sandbox.faults.request(fault);
    const response = await client.get('/documents');
    expect(response.status).toBeGreaterThanOrEqual(500);
    expect([response.headers.get('content-type'), response.headers.get('retry-after')]).toEqual([type, retryAfter]);
  });

  it('is for the nth request of an operation, of one account', async () => {
    sandbox.accounts.add({ id: 'theirs', tokens: [{ token: 'theirs', mode: 'test' }] });
    sandbox.faults.request(requestFaults.empty(503), {
      match: ({ operation, account }) => operation === 'listDocuments' && account === 'acct_1',
      skip: 1,
      times: 1,
    });
    const asked = [];
    for (const token of ['sandbox_test_token', 'theirs', 'sandbox_test_token', 'sandbox_test_token']) {
      await client.get('/ping', token);
      asked.push((await client.get('/documents', token)).status);
    }
    expect(asked).toEqual([200, 200, 503, 200]);
  });
});
