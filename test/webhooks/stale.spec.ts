import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ExdataDelivery } from 'nestjs-exdata';
import { Host, secret, sign } from '../life/host.js';
import { patienceMs } from '../until.js';

/** Long enough that no poll comes by itself. */
const polling = { firstMs: 3_600_000, maxMs: 3_600_000 };
const source = (id: string) => ({ type: 'invoice', id });

describe('[W2] a stale delivery', () => {
  let host: Host;
  beforeAll(async () => {
    host = await Host.start({ options: { polling } });
  });
  afterAll(() => host.close());

  const reads = (exdataId: number): number =>
    host.sandbox.journal.requests(
      ({ method, path }) => method === 'GET' && path.endsWith(`/documents/${String(exdataId)}`),
    ).length;

  const deliver = async (body: string, key = secret): Promise<number> => {
    const answer = await fetch(host.url, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-signature': sign(key, Buffer.from(body)),
        'x-timestamp': String(Math.floor(Date.now() / 1000) - 3_600),
        'x-delivery': randomUUID(),
        'x-event': 'document.completed',
      },
    });
    return answer.status;
  };

  /** Finishes a document without its webhook reaching the host. */
  const finishUnheard = async (exdataId: number): Promise<void> => {
    host.sandbox.webhooks.removeEndpoint(host.endpointId);
    await host.sandbox.documents.finish(exdataId);
  };

  it('is answered 401, has its pending document looked at now, once, and is kept in its history', async () => {
    const exdataId = await host.pending('late');
    await finishUnheard(exdataId);
    const body = `{"event":"document.completed","data":{"id":${String(exdataId)}}}`;
    const answers = await Promise.all(Array.from({ length: 100 }, () => deliver(body)));
    expect(new Set(answers)).toEqual(new Set([401]));
    await host.documents.waitFor(source('late'), { until: 'completed', timeoutMs: patienceMs });
    await host.handled('late');
    expect(await host.bills('late')).toHaveLength(1);
    expect(reads(exdataId)).toBe(1);
    expect((await host.documents.history(source('late'))).filter(({ what }) => what === 'delivery.stale')).toHaveLength(
      1,
    );
    expect(await deliver(body)).toBe(401);
    expect(await host.database.manager.count(ExdataDelivery)).toBe(0);
    expect(reads(exdataId)).toBe(1);
  });

  it('that nobody signed does nothing at all', async () => {
    const exdataId = await host.pending('forged');
    await finishUnheard(exdataId);
    expect(await deliver(`{"data":{"id":${String(exdataId)}}}`, 'a secret of somebody else')).toBe(401);
    // What was signed comes to its end after what was not: had the first one set anything off, it would show.
    const other = await host.pending('signed');
    await finishUnheard(other);
    expect(await deliver(`{"data":{"id":${String(other)}}}`)).toBe(401);
    await host.documents.waitFor(source('signed'), { until: 'completed', timeoutMs: patienceMs });
    expect(await host.documents.findBySource(source('forged'))).toMatchObject({ state: 'pending' });
    expect(reads(exdataId)).toBe(0);
  });
});
