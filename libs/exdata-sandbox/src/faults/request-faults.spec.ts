import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSandbox, requestFaults, VirtualClock, type Sandbox } from '../index.js';
import { Client, problemOf } from '../testing/client.js';

describe('request faults', () => {
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

  it('answers the next request that matches, and only that', async () => {
    sandbox.faults.request(requestFaults.problem(503, 'unavailable', 'Later.'), {
      match: ({ method }) => method === 'POST',
    });
    expect((await client.get('/ping')).status).toBe(200);
    const response = await client.upload({ headers: { 'x-request-id': 'mine' } });
    expect(await problemOf(response)).toEqual({
      status: 503,
      code: 'unavailable',
      message: 'Later.',
      request_id: 'mine',
    });
    expect(sandbox.documents.list()).toEqual([]);
    expect((await client.upload()).status).toBe(201);
  });

  it('answers all requests until it is taken back', async () => {
    const takeBack = sandbox.faults.request(requestFaults.tooManyRequests(), { times: Infinity });
    expect([(await client.get('/ping')).status, (await client.get('/ping')).status]).toEqual([429, 429]);
    takeBack();
    expect((await client.get('/ping')).status).toBe(200);
  });

  it('says when to come back in all forms', async () => {
    sandbox.faults.request(requestFaults.tooManyRequests(7));
    sandbox.faults.request(requestFaults.tooManyRequests(new Date(Date.UTC(2026, 4, 10, 1, 2, 3))));
    sandbox.faults.request(requestFaults.tooManyRequests(undefined, 9));
    expect((await client.get('/ping')).headers.get('retry-after')).toBe('7');
    expect((await client.get('/ping')).headers.get('retry-after')).toBe('Sun, 10 May 2026 01:02:03 GMT');
    const inBody = await client.get('/ping');
    expect(inBody.headers.get('retry-after')).toBeNull();
    expect(await inBody.json()).toMatchObject({ retry_after: 9 });
  });

  it.each([
    [false, 0],
    [true, 1],
  ])('plays a gateway that hides the answer (carried out: %s)', async (accept, documents) => {
    sandbox.faults.request(requestFaults.badGateway(accept));
    const response = await client.upload({ key: 'k' });
    expect([response.status, response.headers.get('content-type')]).toEqual([502, 'text/html']);
    expect(await response.text()).toContain('<html>');
    expect(sandbox.documents.list()).toHaveLength(documents);
    await client.uploaded({ key: 'k' });
    expect(sandbox.documents.list()).toHaveLength(1);
  });

  it('lets a webhook overtake the answer to its upload', async () => {
    sandbox.faults.request(requestFaults.slow(5_000));
    const upload = client.upload();
    await sandbox.journal.waitForRequest(({ outcome }) => outcome === 'delayed');
    await clock.advance(1_000);
    expect(sandbox.documents.list()).toMatchObject([{ status: 'completed' }]);
    await clock.advance(4_000);
    expect((await upload).status).toBe(201);
  });

  it('are forgotten when they are cleared', async () => {
    sandbox.faults.request(requestFaults.answerLost());
    sandbox.faults.clear();
    expect((await client.get('/ping')).status).toBe(200);
  });
});
