import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSandbox, VirtualClock, type Readings, type Sandbox } from '../index.js';
import { Client, problemOf } from '../testing/client.js';

describe('rate limits', () => {
  let clock: VirtualClock;
  let sandbox: Sandbox;
  let client: Client;

  beforeEach(async () => {
    clock = new VirtualClock();
    sandbox = createSandbox({
      clock,
      limits: { requestsPerMinute: 2, accountRequestsPerMinute: 3, failedAuthenticationsPerMinute: 1 },
    });
    await sandbox.listen();
    client = new Client(sandbox);
  });

  afterEach(() => sandbox.close());

  const asked = async (token: string, times: number): Promise<number[]> => {
    const statuses = [];
    for (let count = 0; count < times; count++) statuses.push((await client.get('/ping', token)).status);
    return statuses;
  };

  it('count by token and by account, a minute at a time', async () => {
    expect(await asked('sandbox_test_token', 3)).toEqual([200, 200, 429]);
    expect(await asked('sandbox_live_token', 2)).toEqual([200, 429]);
    const { headers } = await client.get('/ping');
    await clock.advance(Number(headers.get('retry-after')) * 1000);
    expect(await asked('sandbox_test_token', 1)).toEqual([200]);
  });

  it('hold for uploads, which then make no document', async () => {
    await asked('sandbox_test_token', 2);
    expect(await problemOf(await client.upload())).toMatchObject({
      status: 429,
      code: 'too_many_requests',
      retry_after: 60,
    });
    expect(sandbox.documents.list()).toEqual([]);
  });

  it('hold for bad tokens by address', async () => {
    expect(await asked('wrong', 2)).toEqual([401, 429]);
    expect(await asked('sandbox_test_token', 1)).toEqual([200]);
  });

  it('can be changed', async () => {
    sandbox.rates.limits = { token: Infinity, account: Infinity, failedAuthentication: Infinity };
    expect(new Set(await asked('sandbox_test_token', 10))).toEqual(new Set([200]));
  });

  it.each<[Readings['retryAfter'], string | null, number | undefined]>([
    ['seconds', '60', undefined],
    ['date', 'Sun, 10 May 2026 01:01:00 GMT', undefined],
    ['body', null, 60],
    ['both', '60', 60],
    ['none', null, undefined],
  ])('say when to come back in %s', async (reading, inHeader, inBody) => {
    sandbox.readings.retryAfter = reading;
    await asked('sandbox_test_token', 2);
    const response = await client.get('/ping');
    expect(response.headers.get('retry-after')).toBe(inHeader);
    expect((await problemOf(response)).retry_after).toBe(inBody);
  });
});
