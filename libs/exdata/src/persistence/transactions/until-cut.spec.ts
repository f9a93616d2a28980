import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import type { DataSourceOptions, EntityManager } from 'typeorm';
import { describeWithMariadb, describeWithPostgres } from '../../../../../test/services.js';
import { until } from '../../../../../test/until.js';
import type { ExdataTransactions } from '../../dispatch/index.js';
import { ExdataAccountState } from '../../documents/index.js';
import { newWork } from '../../dispatch/index.js';
import { exdataEntities, exdataMigrations, transactionsFor } from '../index.js';

const schema = { entities: [...exdataEntities], migrations: [...exdataMigrations], migrationsRun: true };

describe('on SQLite', () => cutOff(() => ({ ...schema, type: 'better-sqlite3', database: ':memory:' }), true));
describeWithPostgres('on PostgreSQL', ({ url }) => {
  cutOff(() => ({ ...schema, type: 'postgres', url }), false);
  const sleeping = `select pid from pg_stat_activity where state = 'active' and query = 'select pg_sleep(600)'`;
  endsStatements({ type: 'postgres', url, poolSize: 1 }, 'select pg_sleep(600)', sleeping);
});
describeWithMariadb('on MariaDB', ({ url }) => {
  cutOff(() => ({ ...schema, type: 'mariadb', url }), false);
  const sleeping = `select id from information_schema.processlist where info = 'select sleep(600)'`;
  endsStatements({ type: 'mariadb', url, poolSize: 1 }, 'select sleep(600)', sleeping);
});

function endsStatements(options: DataSourceOptions, sleep: string, sleeping: string): void {
  it('[W4] ends a statement that is under way, also where the pool has no other connection', async () => {
    const [source, watch] = await Promise.all([
      new DataSource(options).initialize(),
      new DataSource(options).initialize(),
    ]);
    const sleepers = async (count: number): Promise<void> => {
      await until(async () => (await watch.query<unknown[]>(sleeping)).length === count);
    };
    const cut = new AbortController();
    const why = new Error('time is up');
    const work = expect(transactionsFor(source).runUntil(cut.signal, (manager) => manager.query(sleep))).rejects.toBe(
      why,
    );
    await sleepers(1);
    cut.abort(why);
    await work;
    await sleepers(0);
    expect(await transactionsFor(source).run((manager) => manager.query('select 1 as one'))).toMatchObject([
      { one: 1 },
    ]);
    await Promise.all([source.destroy(), watch.destroy()]);
  });
}

function cutOff(options: () => DataSourceOptions, joins: boolean): void {
  let source: DataSource;
  let transactions: ExdataTransactions;
  beforeAll(async () => {
    source = await new DataSource(options()).initialize();
    transactions = transactionsFor(source);
  });
  afterAll(() => source.destroy());

  const add = (manager: EntityManager, id: string): Promise<unknown> =>
    manager.insert(ExdataAccountState, { id, mode: 'test', account: id, work: newWork(null) });
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
      await manager
        .getRepository(ExdataAccountState)
        .save({ id: 'c', mode: 'test', account: 'c', work: newWork(null) });
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
        await refused(
          manager
            .getRepository(ExdataAccountState)
            .save({ id: 'saved', mode: 'test', account: 'saved', work: newWork(null) }),
        );
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
