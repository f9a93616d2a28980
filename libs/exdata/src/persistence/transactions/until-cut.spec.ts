import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import type { DataSourceOptions, EntityManager } from 'typeorm';
import { describeWithMariadb, describeWithPostgres } from '../../../../../test/services.js';
import type { ExdataTransactions } from '../../dispatch/index.js';
import { ExdataAccountState } from '../../documents/index.js';
import { newWork } from '../../dispatch/index.js';
import { exdataEntities, exdataMigrations, transactionsFor } from '../index.js';

const schema = { entities: [...exdataEntities], migrations: [...exdataMigrations], migrationsRun: true };

describe('on SQLite', () => cutOff(() => ({ ...schema, type: 'better-sqlite3', database: ':memory:' }), true));
describeWithPostgres('on PostgreSQL', ({ url }) => cutOff(() => ({ ...schema, type: 'postgres', url }), false));
describeWithMariadb('on MariaDB', ({ url }) => cutOff(() => ({ ...schema, type: 'mariadb', url }), false));

function cutOff(options: () => DataSourceOptions, joins: boolean): void {
  let source: DataSource;
  let transactions: ExdataTransactions;
  beforeAll(async () => {
    source = await new DataSource(options()).initialize();
    transactions = transactionsFor(source);
  });
  afterAll(() => source.destroy());

  const add = (manager: EntityManager, id: string): Promise<unknown> => manager.insert(ExdataAccountState, { id, work: newWork(null) });
  const names = async (): Promise<string[]> =>
    (await source.manager.find(ExdataAccountState, { order: { id: 'ASC' } })).map(({ id }) => id);

  it('commits what ends in time, with all that a manager can do', async () => {
    const result = await transactions.runUntil(new AbortController().signal, async (manager) => {
      await add(manager, 'a');
      await manager.transaction((inner) => add(inner, 'b'));
      await manager
        .transaction(async (inner) => {
          await add(inner, 'lost');
          throw new Error('the inner one alone');
        })
        .catch(() => undefined);
      await manager.getRepository(ExdataAccountState).save({ id: 'c', work: newWork(null) });
      return manager.count(ExdataAccountState);
    });
    expect(result).toBe(3);
    expect(await names()).toEqual(['a', 'b', 'c']);
  });

  it('[W4] rolls back what heeds no signal, refuses what it sends later, and leaves the next transaction alone', async () => {
    const cut = new AbortController();
    const why = new Error('time is up');
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => (release = resolve));
    const late: unknown[] = [];
    const refused = (sent: Promise<unknown>): Promise<unknown> => sent.catch((error: unknown) => late.push(error));
    let ended: Promise<void> | undefined;
    const work = transactions.runUntil(cut.signal, (manager) => {
      ended = (async () => {
        await add(manager, 'early');
        cut.abort(why);
        await held;
        await refused(add(manager, 'late'));
        await refused(manager.query(`delete from exdata_account`));
        await refused(manager.transaction((inner) => add(inner, 'inner')));
        await refused(manager.getRepository(ExdataAccountState).save({ id: 'saved', work: newWork(null) }));
        // On one connection it would join the transaction that is no more.
        if (joins) await refused(transactions.run((inner) => add(inner, 'joined')));
      })();
      return ended;
    });
    await expect(work).rejects.toBe(why);
    await transactions.run(async (manager) => {
      await add(manager, 'next');
      release();
      await ended;
    });
    expect(late).toHaveLength(joins ? 5 : 4);
    expect(late.every((error) => error instanceof Error)).toBe(true);
    expect(await names()).toEqual(['a', 'b', 'c', 'next']);
  });

  it('begins nothing once it is over', async () => {
    const signal = AbortSignal.abort(new Error('before it began'));
    await expect(transactions.runUntil(signal, (manager) => add(manager, 'never'))).rejects.toThrow('before it began');
    expect(await names()).not.toContain('never');
  });
}
