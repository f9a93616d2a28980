import { randomUUID } from 'node:crypto';
import { afterEach, describe, expect, it } from '@jest/globals';
import {
  EXDATA_CLOCK,
  ExdataDeliveryService,
  ExdataDelivery,
  ExdataDeliveryNotFoundError,
  ExdataDeliveryStateError,
  ExdataLink,
  ExdataHandlerRun,
  ExdataInputError,
} from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import type { DataSourceOptions } from 'typeorm';
import { Host } from '../life/host.js';
import type { HostOptions } from '../life/host.js';
import { ShiftedClock } from '../life/shifted-clock.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { isRead, Scene, source } from './scene.js';

describe('on SQLite', () => {
  service(() => undefined);
});
describeWithPostgres('on PostgreSQL', ({ url }) => {
  service(() => ({ type: 'postgres', url }));
});
describeWithMariadb('on MariaDB', ({ url }) => {
  service(() => ({ type: 'mariadb', url }));
});

function service(database: () => DataSourceOptions | undefined): void {
  let host: Host;
  let scene: Scene;
  let clock: ShiftedClock;
  const start = async (options: HostOptions = {}): Promise<void> => {
    const chosen = database();
    clock = new ShiftedClock();
    const extras = { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] };
    host = await Host.start({ ...(chosen && { database: chosen }), extras, ...options });
    scene = new Scene(host);
    await scene.empty();
  };
  afterEach(() => host.close());

  const deliveries = (): ExdataDeliveryService => host.app.get(ExdataDeliveryService);
  const only = async (): Promise<ExdataDelivery> => {
    const [row, another] = await scene.inbox();
    if (!row || another) throw new Error('there is not one delivery');
    return row;
  };
  /** A document that ended without a webhook. */
  const quietly = async (id: string): Promise<number> => {
    const exdataId = await host.pending(id);
    host.sandbox.faults.delivery({ drop: true });
    await host.sandbox.documents.finish(exdataId);
    return exdataId;
  };
  const slowPolls = { polling: { firstMs: 1_000_000, maxMs: 1_000_000 } };
  const short = { sweepEveryMs: 50, retryFirstMs: 5, retryMaxMs: 5, retryTotalMs: 10 };

  describe('list', () => {
    it('[O2] filters, and goes page by page, the newest first', async () => {
      await start();
      for (let at = 0; at < 7; at++)
        await scene.post(JSON.stringify({ event: 'account.changed', at }), {
          'x-event': at < 3 ? 'account.changed' : 'account.closed',
        });
      await scene.post(scene.bodyOf(777), { 'x-delivery': 'seventh' });
      await host.inboxWorkedOff();
      const seen: string[] = [];
      let after: string | undefined;
      do {
        const page = await deliveries().list({ limit: 3, ...(after !== undefined && { after }) });
        seen.push(...page.data.map(({ id }) => id));
        after = page.next ?? undefined;
      } while (after !== undefined);
      expect(seen).toEqual((await scene.inbox()).map(({ id }) => id).reverse());
      const found = async (query: Parameters<ExdataDeliveryService['list']>[0]): Promise<number> =>
        (await deliveries().list(query)).data.length;
      expect(await found({ event: 'account.changed' })).toBe(3);
      expect(await found({ outcome: 'ignored' })).toBe(7);
      expect(await found({ outcome: 'dead', reason: 'unknown-document' })).toBe(1);
      expect(await found({ documentId: '777', account: 'default' })).toBe(1);
      expect(await found({ deliveryId: 'seventh' })).toBe(1);
      expect(await found({ until: (await scene.inbox())[0]?.receivedAt ?? 0 })).toBe(0);
      expect(await found({ since: (await scene.inbox())[0]?.receivedAt ?? 0 })).toBe(8);
      const [newest] = (await deliveries().list({ limit: 1 })).data;
      expect(newest).not.toHaveProperty('body');
      // Whatever else there is, is there.
      const columns = Object.entries((await scene.inbox()).at(-1) ?? {}).filter(([name]) => name !== 'body');
      expect(newest).toEqual(Object.fromEntries(columns));
    });

    it('names the field that it cannot use, and the limit', async () => {
      await start();
      const refused = async (query: object): Promise<unknown> =>
        deliveries()
          .list(query)
          .catch((error: unknown) => error);
      expect(await refused({ limit: 201 })).toMatchObject({
        code: 'invalid_input',
        field: 'limit',
        message: expect.stringContaining('200'),
      });
      expect(await refused({ reason: 'mood' })).toMatchObject({
        field: 'reason',
        message: expect.stringContaining('poison'),
      });
      expect(await refused({ account: 'nobody' })).toBeInstanceOf(ExdataInputError);
      expect(await refused({ after: 'nonsense' })).toMatchObject({ field: 'after' });
      await expect(deliveries().get(randomUUID())).rejects.toBeInstanceOf(ExdataDeliveryNotFoundError);
      await expect(deliveries().replay('none')).rejects.toMatchObject({ code: 'delivery_not_found' });
      await expect(deliveries().discard('none', '')).rejects.toMatchObject({ field: 'why' });
    });
  });

  it('[O2] get shows a delivery with what it led to', async () => {
    await start({ options: slowPolls });
    const exdataId = await quietly('SHOWN');
    await scene.post(scene.bodyOf(exdataId), { 'x-delivery': 'shown' });
    await host.handled('SHOWN');
    const shown = await deliveries().get((await only()).id);
    expect(shown).toMatchObject({
      delivery: {
        outcome: 'applied',
        deliveryId: 'shown',
        exdataId: String(exdataId),
        work: { starts: 1, finishes: 1, failures: 0, lastError: null },
      },
      link: { sourceId: 'SHOWN', state: 'completed' },
      documentHandlers: [{ handler: 'bookkeeping', outcome: 'done' }],
      deliveryHandlers: [],
    });
    expect(shown.events.map(({ what }) => what)).toEqual(['completed']);
    expect(shown.delivery.requestId).toBe(shown.events[0]?.requestId);
  });

  describe('what is given up', () => {
    it.each([
      ['parse', 'not JSON at all'],
      ['parse', ''],
      ['parse', '{"event":"document.completed","data":{}}'],
      ['parse', '{"event":"document.completed","data":{"id":"12\\u0000"}}'],
      ['parse', '{"event":"document.completed","data":{"id":".."}}'],
      ['parse', '{"event":"document.completed","data":{"id":"\\ud83d\\ude00"}}'],
    ])('[W4] is dead for the reason %s: %j', async (reason, body) => {
      await start();
      expect(await scene.post(body)).toBe(204);
      expect(await scene.outcomes()).toEqual({ [`dead ${reason}`]: 1 });
      await host.until(() => host.pager.alerts.length > 0);
      expect(host.pager.alerts).toMatchObject([{ kind: 'dead_letter', code: reason, account: 'default' }]);
      expect((await only()).work).toMatchObject({ starts: 1, finishes: 1, dueAt: null });
    });

    it('[W4] is one alert and one line for a hundred that name documents exdata does not know, and each is listed', async () => {
      await start();
      clock.standStill();
      const names = Array.from({ length: 100 }, (_, at) => 900_000 + at);
      await Promise.all(names.map((id) => scene.post(`{"event":"document.completed","data":{"id":${id}}}`)));
      await host.until(async () => (await scene.outcomes())['dead unknown-document'] === names.length);
      await host.until(() => host.pager.alerts.length > 0);
      expect(host.pager.alerts).toMatchObject([{ kind: 'dead_letter', code: 'unknown-document', account: 'default' }]);
      expect(host.lines.filter((line) => line.startsWith('delivery.dead'))).toEqual([
        expect.stringContaining('count=1'),
      ]);
    });

    it('[W4] is dead for the reason confirm-failed once the retries have run out, and goes on when it is redriven', async () => {
      await start({ options: { ...slowPolls, work: short } });
      const exdataId = await quietly('REDRIVE');
      host.sandbox.faults.request(requestFaults.badGateway(), { match: isRead, times: 50 });
      await scene.post(scene.bodyOf(exdataId));
      expect(await scene.outcomes()).toEqual({ 'dead confirm-failed': 1 });
      host.sandbox.faults.clear();
      const { id } = await only();
      expect(await deliveries().redrive({ reason: 'handler' })).toEqual({
        dryRun: false,
        deliveries: [],
        handlerRuns: [],
      });
      expect(
        await deliveries().redrive({ reason: 'confirm-failed', since: 0, dryRun: true, account: 'default' }),
      ).toEqual({
        dryRun: true,
        deliveries: [id],
        handlerRuns: [],
      });
      expect(await only()).toMatchObject({ outcome: 'dead' });
      expect(await deliveries().redrive({ reason: 'confirm-failed', since: 0 })).toMatchObject({ deliveries: [id] });
      await host.handled('REDRIVE');
      expect(await only()).toMatchObject({ outcome: 'applied', reason: null, reopenedAt: expect.any(Number) });
      expect(await host.bills('REDRIVE')).toHaveLength(1);
    });

    it('[W4] is dead for the reason timeout when exdata never answers in time', async () => {
      await start({ options: { ...slowPolls, work: { ...short, retryTotalMs: 1, leaseMs: 600_000 } } });
      const exdataId = await quietly('TIMEOUT');
      host.sandbox.faults.request({ accept: true, delayMs: 600_000 }, { match: isRead, times: 50 });
      await scene.post(scene.bodyOf(exdataId));
      for (const attempt of [1, 2]) {
        await host.until(() => scene.reads(exdataId) === attempt);
        clock.skip(31_000);
        await host.until(async () => (await only()).work.finishes === attempt);
      }
      expect(await only()).toMatchObject({ outcome: 'dead', reason: 'timeout' });
    });

    it('[W4] is dead for the reason expired when the account was on hold for too long', async () => {
      await start({ options: { ...slowPolls, work: { waitTotalMs: 120_000 } } });
      const exdataId = await quietly('EXPIRED');
      host.sandbox.faults.request(requestFaults.problem(401, 'unauthenticated', 'Who?'), { match: isRead, times: 50 });
      await scene.post(scene.bodyOf(exdataId));
      await host.until(async () => (await only()).work.lastError !== null);
      expect((await only()).work).toMatchObject({ failures: 0 });
      clock.skip(200_000);
      expect(await scene.outcomes()).toEqual({ 'dead expired': 1 });
    });

    it('[W4] is dead for the reason poison when its worker died several times', async () => {
      await start({ options: slowPolls });
      const exdataId = await quietly('POISON');
      await scene.post(scene.bodyOf(exdataId));
      await host.handled('POISON');
      const { id } = await only();
      await host.database.manager.update(
        ExdataDelivery,
        { id },
        { outcome: 'open', work: { starts: 9, finishes: 5, dueAt: 0 } },
      );
      expect(await scene.outcomes()).toEqual({ 'dead poison': 1 });
      await deliveries().replay(id);
      expect(await scene.outcomes()).toEqual({ applied: 1 });
      expect(await host.bills('POISON')).toHaveLength(1);
    });

    it('[W4] among the runs of handlers is redriven too, and its effect comes once', async () => {
      await start({ options: { ...slowPolls, work: short } });
      host.bookkeeping.afterWrite = () => Promise.reject(new Error('the books are closed'));
      const exdataId = await quietly('BOOKS');
      await scene.post(scene.bodyOf(exdataId));
      const run = (): Promise<ExdataHandlerRun | null> =>
        host.database.manager.findOneBy(ExdataHandlerRun, { handler: 'bookkeeping' });
      await host.until(async () => (await run())?.outcome === 'dead');
      expect(await host.bills('BOOKS')).toEqual([]);
      host.bookkeeping.afterWrite = () => undefined;
      const report = await deliveries().redrive({ reason: 'handler', account: 'default' });
      expect(report).toEqual({ dryRun: false, deliveries: [], handlerRuns: [(await run())?.id] });
      await host.handled('BOOKS');
      expect(await host.bills('BOOKS')).toHaveLength(1);
      await expect(deliveries().replay((await run())?.id ?? '')).rejects.toMatchObject({ code: 'not_open' });
    });
  });

  it('[W4] replay asks exdata anew, and repeats no effect', async () => {
    await start({ options: slowPolls });
    const exdataId = await quietly('AGAIN');
    await scene.post(scene.bodyOf(exdataId));
    await host.handled('AGAIN');
    const { id } = await only();
    const before = scene.reads(exdataId);
    await deliveries().replay(id);
    await host.inboxWorkedOff();
    expect(scene.reads(exdataId)).toBe(before + 1);
    expect(await only()).toMatchObject({ outcome: 'applied' });
    expect(await host.bills('AGAIN')).toHaveLength(1);
  });

  it('discard ends what is dead or open, and nothing else', async () => {
    await start();
    await scene.post('not JSON at all');
    await host.inboxWorkedOff();
    const { id } = await only();
    await deliveries().discard(id, 'a test of the proxy');
    expect(await only()).toMatchObject({ outcome: 'discarded', note: 'a test of the proxy', reason: 'parse' });
    expect(await deliveries().redrive()).toMatchObject({ deliveries: [] });
    await host.database.manager.update(ExdataDelivery, { id }, { outcome: 'ignored' });
    await expect(deliveries().discard(id, 'late')).rejects.toBeInstanceOf(ExdataDeliveryStateError);
  });

  it('erases a document: body, fields and file name go, ids and digests stay, and nothing comes back', async () => {
    await start({ options: slowPolls });
    const exdataId = await quietly('SECRET');
    const body = scene.bodyOf(exdataId, { filename: 'SECRET.pdf' });
    await scene.post(body, { 'x-delivery': 'kept' });
    await host.handled('SECRET');
    const pending = await host.pending('PENDING');
    await expect(deliveries().eraseDocument({ documentId: String(pending) })).rejects.toMatchObject({
      code: 'still_open',
    });
    expect(await deliveries().eraseDocument({ documentId: String(exdataId) })).toEqual({
      documents: 1,
      deliveries: 1,
      handlerRuns: 1,
    });
    const row = await host.documents.findBySource(source('SECRET'));
    expect(row).toMatchObject({
      state: 'completed',
      exdataId: String(exdataId),
      filename: '',
      observed: null,
      erasedAt: expect.any(Number),
    });
    const delivery = await only();
    expect(delivery).toMatchObject({
      deliveryId: 'kept',
      outcome: 'applied',
      bodySha256: expect.stringMatching(/^[\da-f]{64}$/),
    });
    expect(delivery.body).toHaveLength(0);
    // A new run, told by the same bytes under a new id, and by others: known, and neither asked for nor kept.
    host.sandbox.documents.rerun(exdataId);
    host.sandbox.faults.delivery({ drop: true });
    await host.sandbox.documents.finish(exdataId);
    await scene.post(body);
    await scene.post(scene.bodyOf(exdataId, { filename: 'SECRET-2.pdf' }));
    const before = scene.reads(exdataId);
    expect(await scene.outcomes()).toEqual({ applied: 1, discarded: 2 });
    expect(scene.reads(exdataId)).toBe(before);
    for (const late of (await scene.inbox()).slice(1)) {
      expect(late).toMatchObject({
        exdataId: String(exdataId),
        linkId: row?.id,
        bodyDropped: true,
        note: 'erased',
      });
      expect(late.body).toHaveLength(0);
    }
    expect(await host.documents.findBySource(source('SECRET'))).toMatchObject({ observed: null, filename: '' });
    expect(await host.bills('SECRET')).toHaveLength(1);
    expect(await deliveries().eraseDocument({ source: source('SECRET') })).toMatchObject({
      documents: 1,
      deliveries: 3,
    });
  });
  const waiting = `select count(*) as count from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()`;
  // Where others wait for a locked row, and say so.
  if (database()?.type === 'postgres')
    it('keeps no body of a delivery that had been looked at when its document was erased', async () => {
      await start({ options: slowPolls });
      const exdataId = await quietly('MEANWHILE');
      await scene.post(scene.bodyOf(exdataId));
      await host.handled('MEANWHILE');
      // So that the read of the first delivery is of no use to the second.
      clock.skip(2_000);
      const [before, where] = [scene.reads(exdataId), { exdataId: String(exdataId) }];
      await host.database.transaction(async (manager) => {
        await manager.findOneOrFail(ExdataLink, { where, lock: { mode: 'pessimistic_write' } });
        await scene.post(scene.bodyOf(exdataId, { filename: 'MEANWHILE.pdf' }));
        await host.until(async () => Number((await host.database.query<{ count: string }[]>(waiting))[0]?.count) > 0);
        await manager.update(ExdataLink, where, { erasedAt: clock.now() });
      });
      expect(await scene.outcomes()).toEqual({ applied: 1, discarded: 1 });
      expect((await scene.inbox())[1]).toMatchObject({ bodyDropped: true, body: Buffer.alloc(0), note: 'erased' });
      // It may have been read while nothing was erased yet: nothing of that is kept.
      expect(scene.reads(exdataId)).toBeLessThanOrEqual(before + 1);
    });
}
