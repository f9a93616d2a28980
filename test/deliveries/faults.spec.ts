import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { requestFaults } from 'nestjs-exdata-sandbox';
import type { DeliveryFault, RequestFacts } from 'nestjs-exdata-sandbox';
import type { DataSourceOptions } from 'typeorm';
import { Host } from '../life/host.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { Scene, source } from './scene.js';

const isUpload = ({ method, path }: RequestFacts): boolean => method === 'POST' && path.endsWith('/documents');

describe('on SQLite', () => {
  faults(() => undefined);
});
describeWithPostgres('on PostgreSQL', ({ url }) => {
  faults(() => ({ type: 'postgres', url }));
});
describeWithMariadb('on MariaDB', ({ url }) => {
  faults(() => ({ type: 'mariadb', url }));
});

/** What may happen to a delivery on its way: in the end there is one effect for each document and run. */
function faults(database: () => DataSourceOptions | undefined): void {
  let host: Host;
  let scene: Scene;
  let count = 0;
  const fresh = (): string => `FAULT-${String(++count)}`;

  beforeAll(async () => {
    const chosen = database();
    host = await Host.start({
      ...(chosen && { database: chosen }),
      options: {
        polling: { firstMs: 500, maxMs: 500 },
        webhook: { replayReadEveryMs: 300 },
        work: { sweepEveryMs: 50, retryFirstMs: 20, retryMaxMs: 200 },
      },
      simulator: { webhookRetryAfterMs: [20] },
    });
    scene = new Scene(host);
  });
  afterEach(() => {
    host.sandbox.faults.clear();
    host.sandbox.readings.webhookRetry = 'same-id-new-timestamp';
  });
  afterAll(() => host.close());

  const state = async (id: string): Promise<unknown> => (await host.documents.findBySource(source(id)))?.state;
  /** Resolves once nothing is open, and checks that the document had its effect once. */
  const onceOnly = async (id: string, status = 'completed'): Promise<void> => {
    await host.handled(id);
    await host.inboxWorkedOff();
    expect(await state(id)).toBe(status);
    expect(await host.bills(id)).toEqual([{ status }]);
  };

  it('[W3 W4] 1,000 copies at once are one row and one effect', async () => {
    const id = fresh();
    const exdataId = await host.pending(id);
    host.sandbox.faults.delivery({ copies: 1_000 });
    await host.sandbox.documents.finish(exdataId);
    const answers = host.sandbox.journal
      .deliveries(({ documentId }) => documentId === exdataId)
      .map((entry) => entry.status);
    expect(answers).toHaveLength(1_000);
    expect(new Set(answers)).toEqual(new Set([204]));
    await onceOnly(id);
    expect((await scene.inbox()).filter((row) => row.exdataId === String(exdataId))).toHaveLength(1);
  });

  it.each(['same-id-same-timestamp', 'same-id-new-timestamp', 'new-id'] as const)(
    '[W4] a retry under the reading %s is one effect',
    async (reading) => {
      const id = fresh();
      const exdataId = await host.pending(id);
      host.sandbox.readings.webhookRetry = reading;
      host.sandbox.faults.delivery({ signature: '0'.repeat(64) });
      await host.sandbox.documents.finish(exdataId);
      await onceOnly(id);
      const tries = (): readonly (number | null)[] =>
        host.sandbox.journal.deliveries(({ documentId }) => documentId === exdataId).map((entry) => entry.status);
      await host.until(() => tries().at(-1) === 204);
      expect(tries()).toEqual([401, 204]);
    },
  );

  it.each([
    ['the same id and the old timestamp', (id: string, timestamp: number) => ({ id, timestamp })],
    ['the same id and a new timestamp', (id: string, timestamp: number) => ({ id, timestamp: timestamp + 1 })],
    ['a new id', (_id: string, timestamp: number) => ({ timestamp })],
  ])('[W4] one that was taken comes again with %s: one effect', async (what, again) => {
    const id = fresh();
    const exdataId = await host.pending(id);
    await host.sandbox.documents.finish(exdataId);
    await onceOnly(id);
    const [first] = host.sandbox.journal.deliveries(({ documentId }) => documentId === exdataId);
    const timestamp = Number(first?.headers['X-Timestamp']);
    expect(
      (await host.sandbox.webhooks.deliver(exdataId, again(first?.sentId ?? '', timestamp))).map(
        ({ status }) => status,
      ),
    ).toEqual([204]);
    await onceOnly(id);
    const outcomes = (await scene.inbox())
      .filter((row) => row.exdataId === String(exdataId))
      .map(({ outcome }) => outcome);
    expect(outcomes).toEqual(what === 'a new id' ? ['applied', 'replayed'] : ['applied']);
  });

  it('[W4] one id for other truly signed bytes: both are kept and worked on, the later one is flagged', async () => {
    const id = fresh();
    const exdataId = await host.pending(id);
    await host.sandbox.documents.finish(exdataId);
    await onceOnly(id);
    const shared = { 'x-delivery': `shared-${id}` };
    await scene.post(scene.bodyOf(exdataId, { part: 1 }), shared);
    await host.inboxWorkedOff();
    await scene.post(scene.bodyOf(exdataId, { part: 2 }), shared);
    await onceOnly(id);
    const rows = (await scene.inbox()).filter(({ deliveryId }) => deliveryId === shared['x-delivery']);
    expect(rows.map(({ outcome, conflictingId }) => [outcome, conflictingId])).toEqual([
      ['applied', false],
      ['applied', true],
    ]);
  });

  it('[W4] reordered: a late `pending` after `completed` changes nothing', async () => {
    const id = fresh();
    const exdataId = await host.pending(id);
    const early = scene.bodyOf(exdataId, { status: 'pending' });
    await host.sandbox.documents.finish(exdataId);
    await onceOnly(id);
    await scene.post(early, { 'x-event': 'document.pending' });
    await onceOnly(id);
  });

  it('[W4] delayed, or after the next one: one effect each', async () => {
    const [one, other] = [fresh(), fresh()];
    const [oneId, otherId] = [await host.pending(one), await host.pending(other)];
    host.sandbox.faults.delivery({ afterNext: true });
    await host.sandbox.documents.finish(oneId);
    host.sandbox.faults.delivery({ delayMs: 100 });
    await host.sandbox.documents.finish(otherId);
    await Promise.all([onceOnly(one), onceOnly(other)]);
  });

  it('[W4] dropped: the next poll finds the document', async () => {
    const id = fresh();
    const exdataId = await host.pending(id);
    host.sandbox.faults.delivery({ drop: true });
    await host.sandbox.documents.finish(exdataId);
    await onceOnly(id);
  });

  it.each<[string, DeliveryFault]>([
    ['signed with another secret', { secret: 'another secret of good length' }],
    ['truncated', { truncateTo: 20 }],
    ['written anew', { reserialise: true }],
    ['with a newline after it', { append: '\n' }],
    ['with a bit turned over', { flipBit: 77 }],
    ['stale', { timestampShift: -301 }],
    ['from the future', { timestampShift: 65 }],
    ['without a signature', { signature: null }],
  ])('[W1 W2 W4] %s: refused with a 401, and the document is found all the same', async (_what, fault) => {
    const id = fresh();
    const exdataId = await host.pending(id);
    host.sandbox.faults.delivery(fault, { times: 2 });
    await host.sandbox.documents.finish(exdataId);
    await onceOnly(id);
    const [first] = host.sandbox.journal.deliveries(({ documentId }) => documentId === exdataId);
    expect(first?.status).toBe(401);
    expect((await scene.inbox()).filter((row) => row.exdataId === String(exdataId))).toEqual([]);
  });

  it('[W3] before the upload is answered: it waits for the answer that links it', async () => {
    const id = fresh();
    host.sandbox.faults.request({ ...requestFaults.answerLost(), delayMs: 300 }, { match: isUpload });
    host.sandbox.documents.setPatch({ requester: null });
    const newest = host.sandbox.documents.list()[0]?.id;
    await host.uploads.submit({ source: source(id), file: Buffer.from(`%PDF-1.4 ${id}`) });
    let exdataId: number | undefined;
    await host.until(() => (exdataId = host.sandbox.documents.list()[0]?.id) !== newest);
    await host.sandbox.documents.finish(exdataId ?? 0);
    await onceOnly(id);
  });

  it('[W4] for a foreign document, or one that is not there: taken, and left alone', async () => {
    const form = new FormData();
    form.set('file', new Blob(['%PDF-1.4 foreign']), 'foreign.pdf');
    const headers = { authorization: 'Bearer sandbox_test_token' };
    const answer = await fetch(`${host.sandbox.baseUrl}/documents`, { method: 'POST', body: form, headers });
    const { data } = (await answer.json()) as { data: { id: number } };
    const calls = host.bookkeeping.calls.length;
    await host.sandbox.documents.finish(data.id);
    await scene.post(scene.bodyOf(888_888));
    await host.inboxWorkedOff();
    const rows = await scene.inbox();
    expect(rows.find((row) => row.exdataId === String(data.id))).toMatchObject({
      outcome: 'foreign',
      linkId: null,
    });
    expect(rows.find((row) => row.exdataId === '888888')).toMatchObject({
      outcome: 'dead',
      reason: 'unknown-document',
    });
    expect(host.bookkeeping.calls).toHaveLength(calls);
  });

  it('[U3 W4] two final states of one run are a conflict: the first stands, flagged, with one effect', async () => {
    const id = fresh();
    const exdataId = await host.pending(id);
    await host.sandbox.documents.finish(exdataId);
    await onceOnly(id);
    host.sandbox.documents.patch(exdataId, { status: 'error' });
    await scene.post(scene.bodyOf(exdataId, { status: 'error' }), { 'x-event': 'document.error' });
    await host.until(async () => (await host.documents.findBySource(source(id)))?.flag === 'conflict');
    await onceOnly(id);
    expect((await host.documents.history(source(id))).map(({ what }) => what)).toContain('conflict');
  });

  it('[W4] a new extraction run of a completed document runs the handlers again, once for that run', async () => {
    const id = fresh();
    const exdataId = await host.pending(id);
    await host.sandbox.documents.finish(exdataId);
    await onceOnly(id);
    host.sandbox.documents.rerun(exdataId);
    host.sandbox.faults.delivery({ copies: 20 });
    await host.sandbox.documents.finish(exdataId);
    await host.handled(id, 2);
    // exdata's bytes may be the same as for the first run; then they count as a replay, which is read a little later.
    await host.inboxWorkedOff();
    expect(await host.bills(id)).toHaveLength(2);
    const keys = host.bookkeeping.calls.filter(({ link }) => link.sourceId === id).map(({ effectKey }) => effectKey);
    expect(new Set(keys).size).toBe(2);
  });
}
