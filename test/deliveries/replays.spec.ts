import { afterEach, describe, expect, it } from '@jest/globals';
import { EXDATA_CLOCK, ExdataDelivery } from 'nestjs-exdata';
import type { DataSourceOptions } from 'typeorm';
import { Host } from '../life/host.js';
import type { HostOptions } from '../life/host.js';
import { ShiftedClock } from '../life/shifted-clock.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { isRead, Scene, source } from './scene.js';

describe('on SQLite', () => {
  replays(() => undefined);
});
describeWithPostgres('on PostgreSQL', ({ url }) => {
  replays(() => ({ type: 'postgres', url }));
});
describeWithMariadb('on MariaDB', ({ url }) => {
  replays(() => ({ type: 'mariadb', url }));
});

function replays(database: () => DataSourceOptions | undefined): void {
  let host: Host;
  let scene: Scene;
  let clock: ShiftedClock;
  let count = 0;
  const start = async (options: HostOptions = {}): Promise<void> => {
    const chosen = database();
    clock = new ShiftedClock();
    const extras = { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] };
    host = await Host.start({ ...(chosen && { database: chosen }), extras, ...options });
    scene = new Scene(host);
    await scene.empty();
  };
  afterEach(() => host.close());

  /** A document that is completed and whose handler has run. */
  const completed = async (): Promise<{ id: string; exdataId: number }> => {
    const id = `REPLAY-${String(++count)}`;
    const exdataId = await host.pending(id);
    await host.sandbox.documents.finish(exdataId);
    await host.handled(id);
    await host.inboxWorkedOff();
    return { id, exdataId };
  };

  /** Resolves once every open delivery waits for the time when its document may be read again. */
  const waiting = (): Promise<void> =>
    host.until(async () =>
      (await scene.inbox()).every(({ outcome, work }) => outcome !== 'open' || work.lastError !== null),
    );

  it('[W4] the same bytes under 60 new ids at once are replays: one read, no second effect', async () => {
    await start();
    const { id, exdataId } = await completed();
    const [original] = await scene.inbox();
    const before = scene.reads(exdataId);
    const body = original?.body.toString() ?? '';
    expect(new Set(await Promise.all(Array.from({ length: 60 }, () => scene.post(body))))).toEqual(new Set([204]));
    await waiting();
    clock.skip(11_000);
    await host.inboxWorkedOff();
    expect(await scene.outcomes()).toEqual({ applied: 1, replayed: 60 });
    expect(scene.reads(exdataId) - before).toBe(1);
    expect(await host.bills(id)).toHaveLength(1);
    expect((await scene.inbox()).every((row) => row.id === original?.id || row.replayOf === original?.id)).toBe(true);
  });

  it('[W4] a second event whose bytes are the first one’s is not lost: its read sees the new run, and the handler runs for it once', async () => {
    await start();
    const { id, exdataId } = await completed();
    const [original] = await scene.inbox();
    host.sandbox.documents.rerun(exdataId);
    host.sandbox.faults.delivery({ drop: true });
    await host.sandbox.documents.finish(exdataId);
    expect(await scene.post(original?.body.toString() ?? '')).toBe(204);
    await waiting();
    clock.skip(11_000);
    await host.inboxWorkedOff();
    await host.handled(id, 2);
    expect(await host.bills(id)).toHaveLength(2);
    expect((await scene.inbox())[1]).toMatchObject({ outcome: 'applied', replayOf: original?.id });
  });

  it('[W4] a read that lies ahead, since the clock was set back, answers no delivery that comes', async () => {
    await start({ options: { polling: { firstMs: 100_000 } } });
    const { exdataId } = await completed();
    const [original] = await scene.inbox();
    await host.database.manager.update(ExdataDelivery, { id: original?.id }, { askedAt: clock.now() + 3_600_000 });
    const before = scene.reads(exdataId);
    expect(await scene.post(original?.body.toString() ?? '')).toBe(204);
    await host.inboxWorkedOff();
    expect(scene.reads(exdataId) - before).toBe(1);
  });

  it('[W4] deliveries that come while a document is being read lean on one further read', async () => {
    await start({ options: { polling: { firstMs: 100_000 } } });
    const id = `REPLAY-${String(++count)}`;
    const exdataId = await host.pending(id);
    host.sandbox.faults.delivery({ drop: true });
    await host.sandbox.documents.finish(exdataId);
    host.sandbox.faults.request({ accept: true, delayMs: 300 }, { match: isRead });
    const answers = Array.from({ length: 30 }, (_, part) => scene.post(scene.bodyOf(exdataId, { part })));
    expect(new Set(await Promise.all(answers))).toEqual(new Set([204]));
    await host.handled(id);
    expect(await scene.outcomes()).toEqual({ applied: 30 });
    expect(scene.reads(exdataId)).toBeLessThanOrEqual(10);
    expect(await host.bills(id)).toHaveLength(1);
  });

  it('[W4] replays of a document that exdata does not know are read once too', async () => {
    await start();
    const body = scene.bodyOf(987_654);
    expect(await scene.post(body)).toBe(204);
    await host.inboxWorkedOff();
    await Promise.all(Array.from({ length: 20 }, () => scene.post(body)));
    await waiting();
    clock.skip(11_000);
    await host.inboxWorkedOff();
    expect(scene.reads(987_654)).toBeLessThanOrEqual(2);
    expect(await host.documents.findBySource(source('none'))).toBeNull();
  });

  it('forgets bytes after 90 days, a row of each kind with them', async () => {
    // Ids are kept for longer here, so that all three deliveries can be counted.
    await start({ options: { webhook: { keepIdsMs: 365 * 86_400_000 } } });
    const rows = async (table: string): Promise<number> =>
      (await host.database.query<unknown[]>(`select id from ${table}`)).length;
    await scene.post('{"event":"account.changed","at":1}');
    await host.inboxWorkedOff();
    expect(await rows('exdata_seen_body')).toBe(1);
    clock.skip(91 * 86_400_000);
    const now = { 'x-timestamp': String(Math.floor(clock.now() / 1000)) };
    await scene.post('{"event":"account.changed","at":2}', now);
    await host.inboxWorkedOff();
    expect(await rows('exdata_seen_body')).toBe(1);
    await scene.post('{"event":"account.changed","at":1}', now);
    expect(await scene.outcomes()).toEqual({ ignored: 3 });
  });

  const shared = database();
  // SQLite is for one process.
  if (!shared) return;
  it('[W4] replays that two processes work on share their read too', async () => {
    await start();
    const { id, exdataId } = await completed();
    const extras = { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] };
    const other = await Host.start({ database: shared, extras, options: { baseUrl: host.sandbox.baseUrl } });
    try {
      const body = (await scene.inbox())[0]?.body.toString() ?? '';
      const before = scene.reads(exdataId);
      const scenes = [scene, new Scene(other)];
      await Promise.all(scenes.flatMap((at) => Array.from({ length: 20 }, () => at.post(body))));
      await waiting();
      clock.skip(11_000);
      await host.inboxWorkedOff();
      expect(await scene.outcomes()).toEqual({ applied: 1, replayed: 40 });
      expect(scene.reads(exdataId) - before).toBe(1);
      expect(await host.bills(id)).toHaveLength(1);
    } finally {
      await other.close();
    }
  });
}
