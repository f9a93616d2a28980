import { createHash, randomUUID } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from '@jest/globals';
import { Injectable } from '@nestjs/common';
import { EXDATA_CLOCK, ExdataDeliveryService, ExdataDelivery, OnExdataDelivery } from 'nestjs-exdata';
import { IsNull, MoreThan } from 'typeorm';
import type { DataSourceOptions, FindOptionsWhere } from 'typeorm';
import { Host } from '../life/host.js';
import type { HostOptions } from '../life/host.js';
import { ShiftedClock } from '../life/shifted-clock.js';
import { TurnWatch } from '../life/turn-watch.js';
import { Scene, source } from './scene.js';

/** Rows of each backlog: more than one page of anything. */
const many = 3_000;
const hour = 3_600_000;
const day = 24 * hour;

@Injectable()
class EachReplay {
  calls = 0;
  @OnExdataDelivery('*', { id: 'each', replays: true })
  each(): void {
    this.calls++;
  }
}

let host: Host;
let scene: Scene;
let clock: ShiftedClock;
let turns: TurnWatch;

beforeEach(() => {
  clock = new ShiftedClock();
  turns = new TurnWatch();
});
afterEach(async () => {
  turns.stop();
  await host.close();
});

async function start({ options, ...more }: HostOptions = {}): Promise<void> {
  const database = {
    type: 'better-sqlite3',
    database: ':memory:',
    prepareDatabase: turns.prepareDatabase,
  } as DataSourceOptions;
  const extras = { providers: [{ provide: EXDATA_CLOCK, useValue: clock }] };
  host = await Host.start({
    database,
    extras,
    options: { work: { sweepEveryMs: 10_000 }, polling: { firstMs: 20 * day }, ...options },
    ...more,
  });
  scene = new Scene(host);
}

const kept = (work: () => Promise<void>): Promise<void> => turns.staysShort(work);

/** A document that is completed, and the row of its delivery. */
async function completed(id: string): Promise<ExdataDelivery> {
  const exdataId = await host.pending(id);
  await host.sandbox.documents.finish(exdataId);
  await host.handled(id);
  await host.inboxWorkedOff();
  return host.database.manager.findOneByOrFail(ExdataDelivery, { exdataId: String(exdataId) });
}

/** Stores deliveries as they would lie there, each under an id of its own. */
async function store(
  rows: number,
  rowOf: (at: number) => Partial<ExdataDelivery>,
  like: ExdataDelivery,
): Promise<void> {
  const all = Array.from({ length: rows }, (_, at) => {
    const row = Object.assign(new ExdataDelivery(), like, { id: randomUUID(), deliveryId: randomUUID() }, rowOf(at));
    return Object.assign(row, { bodySha256: createHash('sha256').update(row.body).digest('hex') });
  });
  for (let at = 0; at < rows; at += 100) await host.database.manager.insert(ExdataDelivery, all.slice(at, at + 100));
}

const left = (where: FindOptionsWhere<ExdataDelivery> = {}): Promise<boolean> =>
  host.database.manager.existsBy(ExdataDelivery, { ...where, outcome: 'open' });
const open = (like: ExdataDelivery, dueAt: number): Partial<ExdataDelivery> => ({
  outcome: 'open',
  askedAt: null,
  endedAt: null,
  linkId: null,
  work: Object.assign({}, like.work, {
    dueAt,
    leaseUntil: null,
    starts: 0,
    finishes: 0,
    lastError: 'waits for the read of another delivery',
  }),
});
/** Lets the read of replays come due once all wait for it, and the sweeper find it, until none is open. */
const workedOff = async (): Promise<void> => {
  await host.until(async () => !(await left({ work: { lastError: IsNull() } })));
  clock.skip(11_000);
  await host.until(async () => !(await left()));
};

it('replays that come, wait and are settled together', async () => {
  await start();
  const { body } = await completed('REPLAYED');
  await kept(async () => {
    for (let sent = 0; sent < 600; sent += 100)
      await Promise.all(Array.from({ length: 100 }, () => scene.post(body.toString())));
    await workedOff();
  });
});

it('a backlog of replays that wait, settled by one of them', async () => {
  await start();
  const like = await completed('REPLAYED');
  const { id: replayOf } = like;
  await store(many, () => ({ ...open(like, clock.now() + hour), replayOf }), like);
  await kept(async () => {
    expect(await scene.post(like.body.toString())).toBe(204);
    await workedOff();
  });
});

it('a backlog of replays for a handler that wants each', async () => {
  await start({ providers: [EachReplay] });
  const like = await completed('REPLAYED');
  await store(many, () => ({ ...open(like, clock.now() + hour), replayOf: like.id }), like);
  const waits = { replayOf: like.id, work: { dueAt: MoreThan(clock.now() + hour / 2) } };
  await kept(async () => {
    expect(await scene.post(like.body.toString())).toBe(204);
    await host.until(async () => !(await left({ work: { lastError: IsNull() } })));
    clock.skip(11_000);
    await host.until(async () => !(await left(waits)));
  });
});

it('a backlog that is due, found by the sweeper and worked one by one', async () => {
  await start();
  const like = await completed('SWEPT');
  const body = Buffer.from('{"event":"account.changed"}');
  await store(400, () => ({ ...open(like, clock.now() - hour), body, event: 'account.changed', exdataId: null }), like);
  await kept(async () => {
    clock.skip(11_000);
    await host.until(async () => !(await left()));
  });
});

it('deliveries that wait when the clock is set back', async () => {
  await start();
  const like = await completed('SET-BACK');
  await store(many, () => open(like, clock.now() + 20 * day), like);
  await kept(async () => {
    clock.skip(-2 * hour);
    await host.until(async () => !(await left({ work: { dueAt: MoreThan(clock.now() + hour) } })));
  });
  // None of the times is that of more rows than one page has, whoever orders by it.
  const same = await host.database.query<{ rows: number }[]>(
    'select count(*) as rows from exdata_delivery where due_at < ? group by due_at order by rows desc limit 1',
    [clock.now()],
  );
  expect(same[0]?.rows ?? 0).toBeLessThanOrEqual(500);
});

it('deliveries whose bodies and ids are not kept any more', async () => {
  await start({ options: { webhook: { keepIdsMs: 40 * day, keepBodiesMs: 20 * day, pruneEveryMs: 60_000 } } });
  const like = await completed('OLD');
  const old = (days: number) => () => ({ receivedAt: clock.now() - days * day });
  await store(many, old(30), like);
  await store(many, old(50), like);
  const rows = host.database.getRepository(ExdataDelivery);
  await kept(async () => {
    await host.until(async () => {
      clock.skip(61_000);
      return (await rows.count()) === many + 1 && (await rows.countBy({ bodyDropped: true })) === many;
    });
  });
});

it('an erasure of a document with many deliveries', async () => {
  await start();
  const like = await completed('ERASED');
  await store(many, () => ({ outcome: 'replayed', replayOf: like.id }), like);
  await store(many, () => ({ ...open(like, clock.now() + 20 * day), replayOf: like.id }), like);
  await kept(async () => {
    const erased = await host.app.get(ExdataDeliveryService).eraseDocument({ documentId: like.exdataId ?? '' });
    expect(erased).toMatchObject({ documents: 1, deliveries: 2 * many + 1 });
  });
  expect(await host.database.manager.countBy(ExdataDelivery, { bodyDropped: true })).toBe(2 * many + 1);
  expect(await left()).toBe(false);
});

it('bytes in the database that are needed no more', async () => {
  await start({ options: { upload: { spool: 'database' } } });
  const file = Buffer.alloc(4 * 1024 * 1024);
  file.set([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  await host.uploads.submit({ source: source('LARGE'), file, filename: 'scan.png' });
  await host.until(async () => (await host.database.query<unknown[]>('select id from exdata_spool')).length === 0);
  expect(turns.widest(/^delete from .*spool_chunk/i)).toBe(8);
});
