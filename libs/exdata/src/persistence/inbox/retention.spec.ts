import { createHash, randomUUID } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource, In, Like, Not } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { TestClock } from '../../../../../test/dispatch/test-clock.js';
import { describeWithMariadb, describeWithPostgres } from '../../../../../test/services.js';
import { until } from '../../../../../test/until.js';
import { newWork, systemClock } from '../../dispatch/index.js';
import type { ExdataTransactions } from '../../dispatch/index.js';
import { ExdataDelivery, ExdataDeliveryRun, GroupCommit, InboxRetention } from '../../webhooks/index.js';
import type { ExdataDeliveryOutcome } from '../../webhooks/index.js';
import { exdataEntities, exdataMigrations, inboxTableFor, transactionsFor } from '../index.js';

const day = 24 * 3_600_000;
const settings = { keepIdsMs: 30 * day, keepBodiesMs: 7 * day, pruneEveryMs: 60_000, pruneBatch: 10 };

describe('the inbox on SQLite', () => forgetInTime({ type: 'better-sqlite3', database: ':memory:' }));
describeWithPostgres('the inbox on PostgreSQL', ({ url }) => forgetInTime({ type: 'postgres', url }));
describeWithMariadb('the inbox on MariaDB', ({ url }) => forgetInTime({ type: 'mariadb', url }));

function forgetInTime(database: DataSourceOptions): void {
  let source: DataSource;
  let transactions: ExdataTransactions;
  let clock: TestClock;
  let faults: unknown[] = [];
  let running: InboxRetention[] = [];
  beforeAll(async () => {
    const schema = { entities: [...exdataEntities], migrations: [...exdataMigrations], migrationsRun: true };
    source = await new DataSource({ ...database, ...schema }).initialize();
    transactions = transactionsFor(source);
  });
  beforeEach(async () => {
    clock = new TestClock();
    clock.time = 1_800_000_000_000;
    faults = [];
    await source.manager.clear(ExdataDelivery);
    await source.manager.clear(ExdataDeliveryRun);
  });
  afterEach(async () => {
    await Promise.all(running.map((retention) => retention.stop()));
    running = [];
  });
  afterAll(() => source.destroy());

  const start = (): void => {
    const retention = new InboxRetention(source, transactions, clock, settings, (error) => faults.push(error), 'test');
    retention.start();
    running.push(retention);
  };
  const arrived = (
    days: number,
    outcome: ExdataDeliveryOutcome,
    deliveryId: string = randomUUID(),
  ): Partial<ExdataDelivery> => ({
    id: randomUUID(),
    mode: 'test',
    account: 'default',
    deliveryId,
    event: 'document.completed',
    sentAt: 1,
    receivedAt: clock.time - days * day,
    bodySha256: createHash('sha256').update('{"a":1}').digest('hex'),
    body: Buffer.from('{"a":1}'),
    secretId: 'current',
    outcome,
    work: newWork(null),
  });
  const insert = async (rows: Partial<ExdataDelivery>[]): Promise<void> => {
    for (const row of rows) await source.manager.insert(ExdataDelivery, row);
  };
  const withBodies = () => source.manager.countBy(ExdataDelivery, { bodyDropped: false });

  it('forgets bodies of what was worked off after 7 days, rows after 30, and nothing that is open', async () => {
    await insert([
      arrived(6, 'applied', 'young'),
      arrived(8, 'applied', 'week'),
      arrived(8, 'open', 'week-open'),
      arrived(8, 'dead', 'week-dead'),
      arrived(31, 'applied', 'month'),
      { ...arrived(31, 'ignored', 'month-dropped'), body: Buffer.alloc(0), bodyDropped: true },
      arrived(31, 'dead', 'month-dead'),
      arrived(31, 'open', 'month-open'),
    ]);
    start();
    clock.advance(settings.pruneEveryMs);
    await until(
      async () =>
        (await source.manager.countBy(ExdataDelivery, { bodyDropped: true })) === 1 && (await withBodies()) === 4,
    );
    const rows = await source.manager.find(ExdataDelivery, { order: { deliveryId: 'ASC' } });
    expect(rows.map(({ deliveryId, bodyDropped, body }) => [deliveryId, bodyDropped, body.toString()])).toEqual([
      ['month-open', false, '{"a":1}'],
      ['week', true, ''],
      ['week-dead', false, '{"a":1}'],
      ['week-open', false, '{"a":1}'],
      ['young', false, '{"a":1}'],
    ]);
    expect(faults).toEqual([]);
  });

  it('[W4] keeps the body that a handler of deliveries may still need, and drops it once the handler is done', async () => {
    const outcomes = ['open', 'dead', 'done', 'discarded'] as const;
    const runOf = (
      row: Partial<ExdataDelivery>,
      outcome: ExdataDeliveryRun['outcome'],
      handler = 'desk',
    ): Promise<unknown> =>
      source.manager.insert(ExdataDeliveryRun, {
        id: randomUUID(),
        deliveryRowId: String(row.id),
        mode: 'test',
        account: 'default',
        effect: String(row.id),
        handler,
        registrationId: handler,
        outcome,
        createdAt: clock.time,
        work: newWork(null),
      });
    // More than a batch that stays must not keep the others from their turn.
    const needed = Array.from({ length: settings.pruneBatch + 1 }, () =>
      arrived(20, 'ignored', `needed ${randomUUID()}`),
    );
    const rows = outcomes.map((outcome) => arrived(8, 'applied', outcome));
    const late = arrived(31, 'applied', 'month');
    await insert([...needed, ...rows, late]);
    await runOf(late, 'open');
    for (const row of needed) await runOf(row, 'dead');
    for (const row of rows) await runOf(row, 'done', 'neighbour');
    for (const [at, outcome] of outcomes.entries()) await runOf(rows[at] ?? {}, outcome);
    start();
    clock.advance(settings.pruneEveryMs);
    await until(async () => (await source.manager.countBy(ExdataDelivery, { bodyDropped: true })) === 2);
    const kept = await source.manager.find(ExdataDelivery, {
      where: { bodyDropped: false, deliveryId: Not(Like('needed%')) },
    });
    expect(kept.map(({ deliveryId }) => deliveryId).sort()).toEqual(['dead', 'month', 'open']);
    await source.manager.update(ExdataDeliveryRun, { outcome: In(['open', 'dead']) }, { outcome: 'done' });
    await until(async () => {
      clock.advance(settings.pruneEveryMs);
      return (await withBodies()) === 0;
    });
    expect(faults).toEqual([]);
  });

  it('[W4] still knows a copy of a delivery whose body it dropped', async () => {
    const old = arrived(8, 'applied', 'copied');
    await insert([old]);
    start();
    clock.advance(settings.pruneEveryMs);
    await until(async () => (await withBodies()) === 0);
    const inbox = new GroupCommit(inboxTableFor(source, transactions, 'test'), systemClock, {
      maxBatch: 10,
      maxBatchBytes: 1_000,
      highWaterRows: 10,
      highWaterBytes: 1_000,
      deadlineMs: 30_000,
      retryAfterMs: 1_000,
    });
    const copy = {
      account: 'default',
      deliveryId: 'copied',
      event: 'x',
      sentAt: 1,
      receivedAt: 1,
      secretId: 'current',
    };
    expect(
      await inbox.store({
        ...copy,
        id: randomUUID(),
        body: Buffer.from('{"a":1}'),
        bodySha256: String(old.bodySha256),
        leaseUntil: null,
      }),
    ).toBe('duplicate');
  });

  it('works in small batches, with pauses between them', async () => {
    await insert(Array.from({ length: 25 }, () => arrived(8, 'applied')));
    start();
    clock.advance(settings.pruneEveryMs);
    for (const left of [15, 5, 0]) {
      await until(async () => (await withBodies()) <= left);
      expect(await withBodies()).toBe(left);
      await until(() => Promise.resolve(clock.waiting > 0));
      clock.advance(50);
    }
  });

  it('does it in several processes at once without harm', async () => {
    await insert([
      ...Array.from({ length: 45 }, () => arrived(31, 'applied')),
      ...Array.from({ length: 45 }, () => arrived(8, 'foreign')),
    ]);
    for (let process = 0; process < 3; process++) start();
    clock.advance(settings.pruneEveryMs);
    await until(async () => {
      clock.advance(50);
      return (await withBodies()) === 0;
    });
    expect(await source.manager.count(ExdataDelivery)).toBe(45);
    expect(faults).toEqual([]);
  });

  it('tells of a failure, and tries again later', async () => {
    await insert([arrived(31, 'applied')]);
    await source.query('alter table exdata_delivery rename to away');
    start();
    clock.advance(settings.pruneEveryMs);
    await until(() => Promise.resolve(faults.length === 1));
    await source.query('alter table away rename to exdata_delivery');
    await until(async () => {
      clock.advance(settings.pruneEveryMs);
      return (await withBodies()) === 0;
    });
  });
}
