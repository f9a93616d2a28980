import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { describeWithMariadb, describeWithPostgres } from '../../../../test/services.js';
import { newWork } from '../dispatch/index.js';
import type { ExdataTransactions } from '../dispatch/index.js';
import { ExdataLink } from '../documents/index.js';
import { ExdataDelivery } from '../webhooks/index.js';
import { checkSchema, exdataEntities, exdataMigrations, transactionsFor } from './index.js';

const schema = { entities: [...exdataEntities], migrations: [...exdataMigrations], migrationsRun: true };

describe('the tables on SQLite', () =>
  keepPromises(() => ({ ...schema, type: 'better-sqlite3', database: ':memory:' })));
describeWithPostgres('the tables on PostgreSQL', ({ url }) => {
  keepPromises(() => ({ ...schema, type: 'postgres', url }));
  breakDeadlocks(() => ({ ...schema, type: 'postgres', url }));
});
describeWithMariadb('the tables on MariaDB', ({ url }) => {
  keepPromises(() => ({ ...schema, type: 'mariadb', url }));
  breakDeadlocks(() => ({ ...schema, type: 'mariadb', url }));
  endAtDeadlocks(() => ({ ...schema, type: 'mariadb', url }));
});
describeWithMariadb('the tables on MariaDB, under the type of MySQL', ({ url }) =>
  keepPromises(() => ({ ...schema, type: 'mysql', url })),
);

const documentOf = (sourceId: string, more: Partial<ExdataLink> = {}) => {
  const id = randomUUID();
  return {
    id,
    mode: 'test' as const,
    account: 'default',
    sourceType: 'invoice',
    sourceId,
    generation: 1,
    state: 'queued' as const,
    idempotencyKey: `nxd_${id}`,
    correlationId: id,
    sha256: '0'.repeat(64),
    size: 1,
    filename: 'a.pdf',
    contentType: 'application/pdf',
    createdAt: 1,
    updatedAt: 1,
    work: newWork(1),
    ...more,
  };
};
const deliveryOf = (deliveryId: string, more: Partial<ExdataDelivery> = {}) => ({
  id: randomUUID(),
  mode: 'test' as const,
  account: 'default',
  deliveryId,
  event: 'document.completed',
  sentAt: 1,
  receivedAt: 1,
  bodySha256: '0'.repeat(64),
  body: Buffer.from('{}'),
  secretId: 'current',
  outcome: 'open' as const,
  work: newWork(1),
  ...more,
});

async function hasTable(source: DataSource, name: string): Promise<boolean> {
  const runner = source.createQueryRunner();
  try {
    return await runner.hasTable(name);
  } finally {
    if (source.options.type !== 'better-sqlite3') await runner.release();
  }
}

/** A DataSource for the tests of one suite. */
function opened(options: () => DataSourceOptions): { source: DataSource; transactions: ExdataTransactions } {
  const held = {} as { source: DataSource; transactions: ExdataTransactions };
  beforeAll(async () => {
    held.source = await new DataSource(options()).initialize();
    held.transactions = transactionsFor(held.source);
  });
  afterAll(() => held.source.destroy());
  return held;
}

function keepPromises(options: () => DataSourceOptions): void {
  const held = opened(options);
  const insert = async (row: ReturnType<typeof documentOf>) => held.source.manager.insert(ExdataLink, row as never);

  it('are what the module asks for', async () => {
    expect(await checkSchema(held.source)).toBeNull();
  });

  it('[U2] take a source once a generation, and a document of exdata once', async () => {
    await insert(documentOf('once', { exdataId: '1' }));
    await expect(insert(documentOf('once'))).rejects.toThrow();
    await expect(insert(documentOf('other', { exdataId: '1' }))).rejects.toThrow();
    await insert(documentOf('once', { generation: 2 }));
    await insert(documentOf('once', { account: 'acme', exdataId: '1' }));
    await insert(documentOf('once', { mode: 'live', exdataId: '1' }));
  });

  it('[U2] tell ids apart that differ in case, accents, composition or trailing spaces', async () => {
    const ids = [
      'Straße',
      'straße',
      'STRASSE',
      'strasse',
      'strasse ',
      'café',
      'cafe\u0301',
      'cafe',
      'a\u0000b'.replace('\u0000', '\t'),
      'a b',
      'ab',
    ];
    for (const id of ids) await insert(documentOf(id));
    for (const sourceId of ids)
      expect((await held.source.manager.findBy(ExdataLink, { sourceId })).map((row) => row.sourceId)).toEqual([
        sourceId,
      ]);
    const deliveries = ['d-1', 'D-1', 'd-1 '];
    for (const id of deliveries) await held.source.manager.insert(ExdataDelivery, deliveryOf(id));
    expect(
      await held.source.manager.countBy(
        ExdataDelivery,
        deliveries.map((deliveryId) => ({ deliveryId })),
      ),
    ).toBe(deliveries.length);
  });

  it('keep what they are given: long text of any script, JSON, yes and no, and whole numbers past 32 bits', async () => {
    const given = documentOf('kept', {
      text: 'Straße 東京 🧾 '.repeat(10_000),
      observed: { list: ['x'.repeat(100_000)], 東京: null },
      problem: { code: 'c', message: 'm'.repeat(16_000), fields: null, retryAt: 1_800_000_000_000 },
      isEInvoice: true,
      size: 500_000_000_000,
      createdAt: 1_800_000_000_001,
    });
    await insert(given);
    const body = Buffer.from(JSON.stringify({ filler: '仕'.repeat(340_000) }));
    await held.source.manager.insert(ExdataDelivery, deliveryOf('kept', { body }));
    const row = await held.source.manager.findOneByOrFail(ExdataLink, { id: given.id });
    const { text, observed, problem, isEInvoice, size, createdAt, locale } = row;
    expect({ text, observed, problem, isEInvoice, size, createdAt, locale }).toEqual({
      text: given.text,
      observed: given.observed,
      problem: given.problem,
      isEInvoice: true,
      size: given.size,
      createdAt: given.createdAt,
      locale: null,
    });
    await held.source.manager.update(ExdataLink, { id: given.id }, { isEInvoice: false });
    expect((await held.source.manager.findOneByOrFail(ExdataLink, { id: given.id })).isEInvoice).toBe(false);
    expect((await held.source.manager.findOneByOrFail(ExdataDelivery, { deliveryId: 'kept' })).body.equals(body)).toBe(
      true,
    );
  });

  it('count as affected each row that an update meets, changed or not: a claim is told by it', async () => {
    const row = documentOf('met');
    await insert(row);
    const update = () => held.source.manager.update(ExdataLink, { id: row.id }, { updatedAt: 7 });
    expect([(await update()).affected, (await update()).affected]).toEqual([1, 1]);
    expect((await held.source.manager.update(ExdataLink, { id: 'none' }, { updatedAt: 7 })).affected).toBe(0);
  });

  it('[W4] let a twin be passed over inside a transaction that goes on, and nothing else', async () => {
    const { transactions, source } = held;
    const first = deliveryOf('twin');
    const second = deliveryOf('twin');
    const seen = await transactions.run(async (manager) => {
      await transactions.insertUnlessThere(manager, ExdataDelivery, first);
      await transactions.insertUnlessThere(manager, ExdataDelivery, second);
      return manager.findBy(ExdataDelivery, { deliveryId: 'twin' });
    });
    expect(seen.map(({ id }) => id)).toEqual([first.id]);
    const faulty = transactions.run((manager) =>
      transactions.insertUnlessThere(manager, ExdataDelivery, deliveryOf('faulty', { secretId: null as never })),
    );
    await expect(faulty).rejects.toThrow();
    expect(await source.manager.countBy(ExdataDelivery, { deliveryId: 'faulty' })).toBe(0);
  });

  it('go when the migrations are undone, and come back', async () => {
    await exdataMigrations.reduce(
      async (before) => before.then(() => held.source.undoLastMigration()),
      Promise.resolve(),
    );
    expect(
      await Promise.all(
        exdataEntities.map((entity) => hasTable(held.source, held.source.getMetadata(entity).tablePath)),
      ),
    ).not.toContain(true);
    expect(await checkSchema(held.source)).toMatch(/does not exist: add \.\.\.exdataMigrations/);
    await held.source.runMigrations();
    expect(await checkSchema(held.source)).toBeNull();
  });
}

/** Resolves for both once both have come; for whoever comes later at once. */
function meeting(): () => Promise<void> {
  let open = (): void => undefined;
  let there = 0;
  const both = new Promise<void>((resolve) => (open = resolve));
  return () => {
    if (++there === 2) open();
    return both;
  };
}

async function twoRows(source: DataSource): Promise<[ExdataLink, ExdataLink]> {
  const rows = [documentOf(randomUUID()), documentOf(randomUUID())] as const;
  for (const row of rows) await source.manager.insert(ExdataLink, row as never);
  const [a, b] = await Promise.all(rows.map(({ id }) => source.manager.findOneByOrFail(ExdataLink, { id })));
  if (!a || !b) throw new Error('there are no rows');
  return [a, b];
}

/** Databases with several connections. */
function breakDeadlocks(options: () => DataSourceOptions): void {
  const held = opened(options);
  it('begin a transaction anew that was broken off to end a deadlock', async () => {
    const [a, b] = await twoRows(held.source);
    const met = meeting();
    const { transactions, source } = held;
    const touch = (first: ExdataLink, second: ExdataLink, filename: string) =>
      transactions.run(async (manager) => {
        await manager.update(ExdataLink, { id: first.id }, { filename });
        await met();
        await manager.update(ExdataLink, { id: second.id }, { filename });
      });
    await Promise.all([touch(a, b, 'one.pdf'), touch(b, a, 'two.pdf')]);
    const [left, right] = await Promise.all([a, b].map(({ id }) => source.manager.findOneByOrFail(ExdataLink, { id })));
    expect(left?.filename).toBe(right?.filename);
  });

  it('show a transaction what another committed after it began', async () => {
    const [row] = await twoRows(held.source);
    const { transactions, source } = held;
    await transactions.run(async (manager) => {
      await manager.findOneByOrFail(ExdataLink, { id: row.id });
      await source.manager.update(ExdataLink, { id: row.id }, { filename: 'committed.pdf' });
      expect(await manager.findOneByOrFail(ExdataLink, { id: row.id })).toMatchObject({
        filename: 'committed.pdf',
      });
    });
  });
}

/** PostgreSQL refuses by itself to go on. */
function endAtDeadlocks(options: () => DataSourceOptions): void {
  const held = opened(options);

  it('keep nothing of a transaction whose work went on after the deadlock that ended it', async () => {
    const [a, b] = await twoRows(held.source);
    const met = meeting();
    const { transactions, source } = held;
    const swallowed: string[] = [];
    const touch = (first: ExdataLink, second: ExdataLink, filename: string) =>
      transactions.run(async (manager) => {
        await manager.update(ExdataLink, { id: first.id }, { filename });
        await met();
        await manager.update(ExdataLink, { id: second.id }, { filename }).catch(() => swallowed.push(filename));
        await manager.update(ExdataLink, { id: first.id }, { locale: filename });
      });
    await Promise.all([touch(a, b, 'one.pdf'), touch(b, a, 'two.pdf')]);
    expect(swallowed).toHaveLength(1);
    const rows = await Promise.all([a, b].map(({ id }) => source.manager.findOneByOrFail(ExdataLink, { id })));
    // The one that was broken off was run again, whole, after the other.
    expect(rows.map(({ filename }) => filename)).toEqual([swallowed[0], swallowed[0]]);
    expect(rows.map(({ locale }) => locale)).toEqual(['one.pdf', 'two.pdf']);
  });
}
