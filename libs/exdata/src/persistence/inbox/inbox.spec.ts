import { createHash, randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource, Like } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { describeWithMariadb, describeWithPostgres } from '../../../../../test/services.js';
import { systemClock } from '../../dispatch/index.js';
import { ExdataDelivery, GroupCommit } from '../../webhooks/index.js';
import type { InboxRow, InboxTable } from '../../webhooks/index.js';
import { exdataEntities, exdataMigrations, inboxTableFor, transactionsFor } from '../index.js';

const settings = {
  maxBatch: 256,
  maxBatchBytes: 4_194_304,
  highWaterRows: 5_000,
  highWaterBytes: 33_554_432,
  deadlineMs: 30_000,
  retryAfterMs: 5_000,
};

function rowOf(
  deliveryId: string,
  body: string | Buffer = `{"id":"${deliveryId}"}`,
  more: Partial<InboxRow> = {},
): InboxRow {
  const bytes = Buffer.from(body);
  const bodySha256 = createHash('sha256').update(bytes).digest('hex');
  const times = { sentAt: 1_800_000_000_000, receivedAt: 1_800_000_000_001 };
  const ids = { id: randomUUID(), account: 'default', secretId: 'current' };
  return {
    ...ids,
    deliveryId,
    event: 'document.completed',
    ...times,
    body: bytes,
    bodySha256,
    leaseUntil: null,
    ...more,
  };
}

/** What the database refuses in these tests, as a check or a trigger of a host would. */
const refused = 'refused.by.the.database';

describe('the inbox on SQLite', () => {
  storeBatches(
    { type: 'better-sqlite3', database: ':memory:', entityPrefix: 'host_' },
    `create trigger refuse before insert on host_exdata_delivery when new.event = '${refused}' begin select raise(abort, 'no'); end`,
  );
});

describeWithPostgres('the inbox on PostgreSQL', ({ url }) => {
  storeBatches(
    { type: 'postgres', url, entityPrefix: 'host_' },
    `alter table host_exdata_delivery add check (event <> '${refused}')`,
  );

  const ownSource = (): Promise<DataSource> =>
    new DataSource({
      type: 'postgres',
      url,
      entityPrefix: 'host_',
      entities: [...exdataEntities],
      poolSize: 1,
    }).initialize();

  it('[W3] goes on without a prepared statement where a pooler has lost it', async () => {
    const source = await ownSource();
    try {
      const table = inboxTableFor(source, transactionsFor(source), 'test');
      for (const row of [rowOf('prepared'), rowOf('lost'), rowOf('without')]) {
        expect([...(await table.insert([row]))]).toEqual([row.id]);
        await source.query('deallocate all');
      }
    } finally {
      await source.destroy();
    }
  });

  it('[W3] sends text where the driver takes no binary parameters, as pg-native does', async () => {
    const source = await ownSource();
    const driver = source.driver as unknown as { master: object };
    const pool = driver.master;
    try {
      driver.master = Object.create(pool, {
        Client: { value: {} },
        query: { value: () => Promise.reject(new Error('binary')) },
      }) as object;
      const table = inboxTableFor(source, transactionsFor(source), 'test');
      const rows = [rowOf('as-text', '{"text":"\\\\ \\" {東京}"}'), rowOf('as-base64', Buffer.from([0xff, 0]))];
      expect(await table.insert(rows)).toEqual(new Set(rows.map(({ id }) => id)));
      expect(
        await table.insert([...rows.map((row) => ({ ...row, id: randomUUID() })), rowOf('as-new')]),
      ).toHaveProperty('size', 1);
      for (const { id, body } of rows)
        expect(await source.manager.findOneBy(ExdataDelivery, { id })).toMatchObject({ body });
    } finally {
      driver.master = pool;
      await source.destroy();
    }
  });
});

describeWithMariadb('the inbox on MariaDB', ({ url }) => {
  storeBatches(
    { type: 'mariadb', url, entityPrefix: 'host_' },
    `alter table host_exdata_delivery add constraint refuse check (event <> '${refused}')`,
  );
});

function storeBatches(database: DataSourceOptions, refuse: string): void {
  let source: DataSource;
  let inbox: GroupCommit;
  let batches: number[] = [];
  beforeAll(async () => {
    const schema = { entities: [...exdataEntities], migrations: [...exdataMigrations], migrationsRun: true };
    source = await new DataSource({ ...database, ...schema }).initialize();
    await source.query(refuse);
    const table = inboxTableFor(source, transactionsFor(source), 'test');
    inbox = new GroupCommit(counting(table), systemClock, settings);
  });
  afterAll(async () => {
    await inbox.drain();
    await source.destroy();
  });

  /** Tells how many rows each insert had. */
  function counting(table: InboxTable): InboxTable {
    return {
      atOnce: table.atOnce,
      insert: (rows) => {
        batches.push(rows.length);
        return table.insert(rows);
      },
      faultOf: (error) => table.faultOf(error),
    };
  }

  const storeAll = async (rows: readonly InboxRow[]): Promise<string[]> => {
    batches = [];
    const results = await Promise.allSettled(rows.map((row) => inbox.store(row)));
    return results.map((result) => (result.status === 'fulfilled' ? result.value : (result.reason as Error).message));
  };
  const rowsOf = (deliveryId: string): Promise<ExdataDelivery[]> =>
    source.manager.findBy(ExdataDelivery, { deliveryId });

  it('[W3] stores what arrives together with one insert, every column of it', async () => {
    const bodies = [
      '{"text":"Straße 東京 🧾 \\\\ \\" \'"}',
      '',
      '{a,b}',
      'NULL',
      'nul \0 byte',
      Buffer.from([0xff, 0xfe, 0]),
    ];
    const leaseUntil = 1_800_000_030_000;
    const rows = bodies.map((body, at) => rowOf(`whole-${String(at)}`, body, at % 2 === 1 ? { leaseUntil } : {}));
    expect(await storeAll(rows)).toEqual(rows.map(() => 'fresh'));
    expect(batches).toEqual([rows.length]);
    for (const row of rows) {
      const [stored] = await rowsOf(row.deliveryId);
      const { leaseUntil: born, ...columns } = row;
      expect(stored).toMatchObject({
        ...columns,
        outcome: 'open',
        bodyDropped: false,
        conflictingId: false,
        exdataId: null,
        requestId: null,
      });
      expect(stored?.work).toMatchObject({
        dueAt: row.receivedAt,
        leaseUntil: born,
        fence: born === null ? 0 : 1,
        starts: born === null ? 0 : 1,
        finishes: 0,
        failures: 0,
        lastError: null,
      });
    }
  });

  it('[W4] tells each caller what became of its own row: new, a copy, other bytes under a known id, refused', async () => {
    await storeAll([rowOf('known'), rowOf('reused')]);
    const rows = [
      rowOf('new-1'),
      rowOf('known'),
      rowOf('reused', 'other bytes'),
      rowOf('bad', '{}', { event: refused }),
      rowOf('new-1'),
      rowOf('new-1', 'other bytes'),
      rowOf('new-2', '{}', { account: 'acme' }),
      rowOf('new-2'),
    ];
    const notStored = 'the delivery could not be stored (failed)';
    expect(await storeAll(rows)).toEqual([
      'fresh',
      'duplicate',
      'fresh',
      notStored,
      'duplicate',
      'fresh',
      'fresh',
      'fresh',
    ]);
    expect(batches[0]).toBe(7);
    for (const id of ['reused', 'new-1']) expect(await rowsOf(id)).toHaveLength(2);
    expect(await rowsOf('known')).toHaveLength(1);
    expect(await rowsOf('bad')).toEqual([]);
  });

  it('finds several rows at fault among many, without harm to the others', async () => {
    const rows = Array.from({ length: 100 }, (_, at) =>
      rowOf(`many-${String(at)}`, '{}', at % 33 === 1 ? { event: refused } : {}),
    );
    const results = await storeAll(rows);
    expect(results.filter((result) => result === 'fresh')).toHaveLength(97);
    expect(await source.manager.countBy(ExdataDelivery, { deliveryId: Like('many-%') })).toBe(97);
  });

  it('refuses nothing but the row when one does not fit its column', async () => {
    expect(await storeAll([rowOf('fits'), rowOf('long', '{}', { secretId: 'x'.repeat(10_000) })])).toEqual([
      'fresh',
      source.options.type === 'better-sqlite3' ? 'fresh' : 'the delivery could not be stored (failed)',
    ]);
  });

  it('[W4] stores batches that two processes insert at once, in whatever order their rows came', async () => {
    const rows = Array.from({ length: 200 }, (_, at) => rowOf(`both-${String(at)}`));
    const twins = rows.map((row) => ({ ...row, id: randomUUID() })).reverse();
    const another = new GroupCommit(inboxTableFor(source, transactionsFor(source), 'test'), systemClock, settings);
    const others = Promise.all(twins.map((row) => another.store(row)));
    const results = [...(await storeAll(rows)), ...(await others)];
    await another.drain();
    expect(results.filter((result) => result === 'fresh')).toHaveLength(200);
    expect(results.filter((result) => result === 'duplicate')).toHaveLength(200);
  });

  it('says that all failed when the table is away, after one try', async () => {
    const name = 'host_exdata_delivery';
    await source.query(`alter table ${name} rename to away`);
    expect(await storeAll([rowOf('away-1'), rowOf('away-2')])).toEqual(
      Array(2).fill('the delivery could not be stored (failed)'),
    );
    expect(batches).toEqual([2]);
    await source.query(`alter table away rename to ${name}`);
    expect(await storeAll([rowOf('away-1'), rowOf('away-2')])).toEqual(['fresh', 'fresh']);
  });
}
