import { afterEach, describe, expect, it } from '@jest/globals';
import { EXDATA_CLOCK, ExdataDelivery, ExdataDeliveryRun, OnExdataDelivery } from 'nestjs-exdata';
import { Injectable } from '@nestjs/common';
import { IsNull, LessThanOrEqual } from 'typeorm';
import type { DataSourceOptions, FindOptionsWhere, Logger } from 'typeorm';
import { Host } from '../life/host.js';
import type { HostOptions } from '../life/host.js';
import { ShiftedClock } from '../life/shifted-clock.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { isRead, Scene } from './scene.js';

const nothing = (): void => undefined;

/** Counts what is sent to the database. */
class Statements implements Logger {
  readonly sent: string[] = [];
  logQuery(query: string): void {
    this.sent.push(query);
  }
  readonly logQueryError = nothing;
  readonly logQuerySlow = nothing;
  readonly logSchemaBuild = nothing;
  readonly logMigration = nothing;
  readonly log = nothing;
}

describe('on SQLite', () => {
  floods(() => undefined);
});
describeWithPostgres('on PostgreSQL', ({ url }) => {
  floods(() => ({ type: 'postgres', url }));
});
describeWithMariadb('on MariaDB', ({ url }) => {
  floods(() => ({ type: 'mariadb', url }));
});

@Injectable()
class Watcher {
  calls = 0;
  @OnExdataDelivery('*', { id: 'each', replays: true })
  each(): void {
    this.calls++;
  }
}

function floods(database: () => DataSourceOptions | undefined): void {
  let host: Host;
  let scene: Scene;
  let clock: ShiftedClock;
  let statements: Statements;
  let count = 0;
  const start = async (options: HostOptions = {}): Promise<void> => {
    clock = new ShiftedClock();
    statements = new Statements();
    const chosen = database() ?? { type: 'better-sqlite3', database: ':memory:' };
    const work = { sweepEveryMs: 10_000, retryFirstMs: 20, retryMaxMs: 200 };
    const extras = { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] };
    const logged = { ...chosen, logger: statements, logging: ['query'] } as DataSourceOptions;
    host = await Host.start({
      database: logged,
      extras,
      options: { work, polling: { firstMs: 3_600_000 } },
      ...options,
    });
    scene = new Scene(host);
    await scene.empty();
  };
  afterEach(() => host.close());

  const completed = async (): Promise<{ id: string; exdataId: number; body: string }> => {
    const id = `FLOOD-${String(++count)}`;
    const exdataId = await host.pending(id);
    await host.sandbox.documents.finish(exdataId);
    await host.handled(id);
    await host.inboxWorkedOff();
    const body = (await scene.inbox()).find((row) => row.exdataId === String(exdataId))?.body.toString() ?? '';
    return { id, exdataId, body };
  };
  const sentBy = async (work: () => Promise<void>): Promise<string[]> => {
    const before = statements.sent.length;
    await work();
    return statements.sent
      .slice(before)
      .filter((query) => !/^(start transaction|begin|commit|set transaction)/i.test(query));
  };
  const left = (where: FindOptionsWhere<ExdataDelivery> = {}): Promise<boolean> =>
    host.database.manager.existsBy(ExdataDelivery, { ...where, outcome: 'open' });
  /** Lets what waits come due, and resolves once the sweeper has had each of it worked: it has ended, or waits anew. */
  const sweep = async (): Promise<void> => {
    clock.skip(11_000);
    const work = { dueAt: LessThanOrEqual(clock.now()) };
    const isLeft = () =>
      Promise.all([left({ work }), host.database.manager.existsBy(ExdataDeliveryRun, { outcome: 'open', work })]);
    await host.until(async () => !(await isLeft()).includes(true));
  };

  /** Lets the read of replays come due, and the sweeper find it, until none is open. */
  const worked = async (): Promise<void> => {
    await host.until(async () => !(await left({ work: { lastError: IsNull() } })));
    clock.skip(13_000);
    await host.until(async () => !(await left()));
  };
  /**
   * Sends them one after the other, then has them settled: what a replay costs beyond its insert, and how often the
   * inbox is written to for all.
   */
  const costOf = async (
    replays: number,
    body: string,
    headers: Record<string, string> = {},
  ): Promise<{ each: number; settling: number }> => {
    const sent = await sentBy(async () => {
      for (let replay = 0; replay < replays; replay++) expect(await scene.post(body, headers)).toBe(204);
    });
    // PostgreSQL is sent them past the logger; MariaDB is asked afterwards which of the rows are new.
    const inserts = sent.filter((query) =>
      /^(insert into|with stored|select `id` as id from) ?`?"?.*exdata_delivery/is.test(query),
    );
    const settling = await sentBy(worked);
    const writes = settling.filter((query) => /update/i.test(query) && query.includes('exdata_delivery'));
    return { each: (sent.length - inserts.length) / replays, settling: writes.length };
  };

  it('[W4] replays that come one after the other cost one statement each beyond their insert, and are settled together', async () => {
    await start();
    const { id, exdataId, body } = await completed();
    const reads = scene.reads(exdataId);
    const replays = 150;
    const cost = await costOf(replays, body);
    expect(cost.each).toBeLessThanOrEqual(1.4);
    expect(cost.settling).toBeLessThanOrEqual(20);
    expect(await scene.outcomes()).toEqual({ applied: 1, replayed: replays });
    expect(scene.reads(exdataId) - reads).toBeLessThanOrEqual(2);
    expect(await host.bills(id)).toHaveLength(1);
    const [original] = (await scene.inbox()).filter(({ outcome }) => outcome === 'applied');
    expect((await scene.inbox()).every((row) => row.id === original?.id || row.replayOf === original?.id)).toBe(true);
  });

  it.each([
    ['name no document', '{"event":"account.changed","data":[]}', {}, 'ignored'],
    ['should name a document and do not', '{"data":[]}', {}, 'dead parse'],
    ['are no JSON', 'no JSON', { 'x-event': 'account.changed' }, 'dead parse'],
  ])(
    '[W4] replays of bytes that %s cost one statement each beyond their insert: one is worked on for all',
    async (_what, body, headers, first) => {
      await start();
      expect(await scene.post(body, headers)).toBe(204);
      await host.inboxWorkedOff();
      const replays = 150;
      const cost = await costOf(replays, body, headers);
      expect(cost.each).toBeLessThanOrEqual(1.4);
      expect(cost.settling).toBeLessThanOrEqual(20);
      expect(await scene.outcomes()).toEqual({ [first]: 1, replayed: replays });
      const [original, ...others] = await scene.inbox();
      expect(new Set(others.map(({ replayOf }) => replayOf))).toEqual(new Set([original?.id]));
    },
  );

  it('[W4] replays about a document that another system uploaded cost one statement each beyond their insert, and one read for all', async () => {
    await start();
    const form = new FormData();
    form.set('file', new Blob(['%PDF-1.4 foreign']), 'foreign.pdf');
    const headers = { authorization: `Bearer sandbox_test_token`, 'idempotency-key': 'foreign' };
    const answer = await fetch(`${host.sandbox.baseUrl}/documents`, { method: 'POST', headers, body: form });
    const { data } = (await answer.json()) as { data: { id: number } };
    const body = scene.bodyOf(data.id);
    expect(await scene.post(body)).toBe(204);
    await host.inboxWorkedOff();
    const replays = 150;
    const cost = await costOf(replays, body);
    expect(cost.each).toBeLessThanOrEqual(1.4);
    expect(cost.settling).toBeLessThanOrEqual(20);
    expect(scene.reads(data.id)).toBe(2);
    expect((await scene.inbox()).filter(({ outcome }) => outcome === 'open')).toEqual([]);
  });

  it('[W4] a replay under an id that other bytes had is marked although it is settled with others', async () => {
    await start();
    const { body } = await completed();
    await scene.post(body.replace('{', '{ '), { 'x-delivery': 'taken' });
    await worked();
    await Promise.all(['free', 'taken', 'free-too'].map((delivery) => scene.post(body, { 'x-delivery': delivery })));
    await worked();
    const marked = (await scene.inbox()).filter(({ conflictingId }) => conflictingId);
    expect(marked.map(({ deliveryId }) => deliveryId)).toEqual(['taken']);
  });

  it('[W4] a handler that wants every replay gets every one', async () => {
    await start({ providers: [Watcher], options: { work: { sweepEveryMs: 50, retryFirstMs: 20, retryMaxMs: 200 } } });
    const { body } = await completed();
    const { calls } = host.app.get(Watcher);
    await Promise.all(Array.from({ length: 12 }, () => scene.post(body)));
    while (host.app.get(Watcher).calls < calls + 12) await sweep();
    expect((await scene.inbox()).length).toBeGreaterThanOrEqual(13);
  });

  it('[W5] a new document does not wait behind deliveries about documents of others', async () => {
    await start({ options: { polling: { firstMs: 3_600_000 } } });
    const exdataId = await host.pending('OURS');
    const strangers = 600;
    for (let at = 0; at < strangers; at += 60)
      await Promise.all(Array.from({ length: 60 }, (_, part) => scene.post(scene.bodyOf(9_000_000 + at + part))));
    const readsOf = (): number =>
      host.sandbox.journal.requests((entry) => isRead(entry) && /\/documents\/9\d{6}$/.test(entry.path)).length;
    const before = readsOf();
    await host.sandbox.documents.finish(exdataId);
    await host.handled('OURS');
    expect(readsOf() - before).toBeLessThanOrEqual(200);
  });
}
