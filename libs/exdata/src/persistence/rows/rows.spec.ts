import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { DataSource, In, MoreThan } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { describeWithPostgres } from '../../../../../test/services.js';
import { newWork } from '../../dispatch/index.js';
import type { ExdataTransactions } from '../../dispatch/index.js';
import { ExdataAccountState, ExdataDocumentEvent } from '../../documents/index.js';
import type { NewEventRow } from '../../documents/index.js';
import { eventRowsIn, exdataEntities, exdataMigrations, transactionsFor } from '../index.js';

describeWithPostgres('rows on PostgreSQL', ({ url }) => {
  let source: DataSource;
  let transactions: ExdataTransactions;
  const sent: string[] = [];

  beforeAll(async () => {
    source = await new DataSource({
      ...{ type: 'postgres', url, poolSize: 1, entityPrefix: 'host_' },
      ...{ entities: [...exdataEntities], migrations: [...exdataMigrations], migrationsRun: true },
      logging: ['query'],
      logger: { ...silent, logQuery: (text) => void sent.push(text) },
    }).initialize();
    transactions = transactionsFor(source);
  });
  afterAll(() => source.destroy());

  const account = (name: string): ExdataAccountState =>
    source.manager.create(ExdataAccountState, { id: randomUUID(), mode: 'test', account: name, work: newWork(1_000) });
  const inserted = async (name: string): Promise<ExdataAccountState> => {
    const row = account(name);
    await transactions.insertUnlessThere(source.manager, ExdataAccountState, row);
    return row;
  };
  const stored = (id: string): Promise<ExdataAccountState> =>
    source.manager.findOneByOrFail(ExdataAccountState, { id });

  it('are read as TypeORM reads them, by values and by lists', async () => {
    const row = await inserted('read');
    const { manager } = source;
    const known = await stored(row.id);
    expect(await transactions.findRow(manager, ExdataAccountState, { mode: 'test', account: 'read' })).toEqual(known);
    expect(await transactions.findRow(manager, ExdataAccountState, { account: In(['x', 'read']) })).toEqual(known);
    expect(await transactions.findRow(manager, ExdataAccountState, { account: In([]) })).toBeNull();
    const byMore = { account: 'read', work: { dueAt: MoreThan(1) } };
    expect(await transactions.findRow(manager, ExdataAccountState, byMore)).toEqual(known);
  });

  it('are inserted once, written by values and by SQL, leased while they are due and free, and deleted', async () => {
    const row = await inserted('once');
    expect(await transactions.insertUnlessThere(source.manager, ExdataAccountState, row)).toBe(false);
    const columns = { notBefore: 7, work: { fence: () => 'fence + 1', finishes: () => 'fence', failures: 3 } };
    const update = (fence: number): Promise<number> =>
      transactions.updateRows(source.manager, ExdataAccountState, { id: row.id, work: { fence } }, columns);
    expect([await update(0), await update(0)]).toEqual([1, 0]);
    const work = { dueAt: 1_000, leaseUntil: null, fence: 1, starts: 0, finishes: 0, failures: 3, lastError: null };
    expect(await stored(row.id)).toMatchObject({ account: 'once', notBefore: 7, work });
    const lease = (now: number): Promise<unknown> =>
      transactions.leaseRow(ExdataAccountState, { id: row.id }, now, now + 10);
    expect(await lease(999)).toBeNull();
    const leased = { ...work, leaseUntil: 1_010, fence: 2, starts: 1 };
    expect(await lease(1_000)).toMatchObject({ id: row.id, account: 'once', notBefore: 7, work: leased });
    expect(await lease(1_009)).toBeNull();
    const erase = (): Promise<number> => transactions.deleteRows(source.manager, ExdataAccountState, { id: row.id });
    expect([await erase(), await erase()]).toEqual([1, 0]);
  });

  it('begin a transaction anew whose connection keeps no prepared statements, and prepare nothing from then on', async () => {
    const row = await inserted('anew');
    const raise = (manager: EntityManager): Promise<number> =>
      transactions.updateRows(manager, ExdataAccountState, { id: row.id }, { work: { fence: () => 'fence + 1' } });
    await transactions.run(raise);
    await source.query('deallocate all');
    let begun = 0;
    await transactions.run(async (manager) => {
      begun++;
      await raise(manager);
    });
    expect([begun, (await stored(row.id)).work.fence]).toEqual([2, 2]);
    expect(await source.query('select 1 from pg_prepared_statements')).toEqual([]);
    expect(await transactions.run(raise)).toBe(1);
    expect(await source.query('select 1 from pg_prepared_statements')).toEqual([]);
  });

  const event = (what: string): NewEventRow => ({
    ...{ id: randomUUID(), at: 1, what },
    ...{ requestId: null, deliveryId: null, detail: null },
  });
  const history = async (linkId: string): Promise<string[]> => {
    const events = await source.manager.find(ExdataDocumentEvent, { where: { linkId }, order: { position: 'ASC' } });
    return events.map(({ what }) => what);
  };

  it('take the history along that was recorded before they are written; what is left is sent before the commit', async () => {
    const [link, row] = [randomUUID(), await inserted('history')];
    const events = eventRowsIn(source);
    const record = (manager: EntityManager, what: string): Promise<void> => events.insert(manager, link, [event(what)]);
    sent.length = 0;
    await transactions.run(async (manager) => {
      await record(manager, 'first');
      await transactions.updateRows(manager, ExdataAccountState, { id: row.id }, { notBefore: 8 });
    });
    expect(sent.map((text) => text.slice(0, 12))).toEqual(['START TRANSA', 'with rider a', 'COMMIT']);
    expect((await stored(row.id)).notBefore).toBe(8);
    await transactions.runUntil(new AbortController().signal, async (manager) => {
      await record(manager, 'second');
      await record(manager, 'third');
      await transactions.updateRows(manager, ExdataAccountState, { id: row.id }, { notBefore: 9 });
      await record(manager, 'fourth');
    });
    const failed = transactions.run(async (manager) => {
      await record(manager, 'lost');
      throw new Error('rolled back');
    });
    await expect(failed).rejects.toThrow('rolled back');
    await record(source.manager, 'fifth');
    expect(await history(link)).toEqual(['first', 'second', 'third', 'fourth', 'fifth']);
  });
});

const ignore = (): void => undefined;
const silent = {
  logQuery: ignore,
  logQueryError: ignore,
  logQuerySlow: ignore,
  logSchemaBuild: ignore,
  logMigration: ignore,
  log: ignore,
};
