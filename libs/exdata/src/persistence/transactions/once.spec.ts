import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import type { DataSourceOptions, EntityManager } from 'typeorm';
import { describeWithMariadb, describeWithPostgres } from '../../../../../test/services.js';
import { newWork } from '../../dispatch/index.js';
import type { ExdataTransactions } from '../../dispatch/index.js';
import { ExdataAccountState } from '../../documents/index.js';
import { ExdataDelivery } from '../../webhooks/index.js';
import { exdataEntities, exdataMigrations, transactionsFor } from '../index.js';

const schema = { entities: [...exdataEntities], migrations: [...exdataMigrations], migrationsRun: true };

describe('on SQLite', () => {
  single(() => ({ ...schema, type: 'better-sqlite3', database: ':memory:' }), true);
});
describeWithPostgres('on PostgreSQL', ({ url }) => single(() => ({ ...schema, type: 'postgres', url }), false));
describeWithMariadb('on MariaDB', ({ url }) => single(() => ({ ...schema, type: 'mariadb', url }), false));

/** What each database says where it has broken a transaction off to end a deadlock. */
const deadlock = { postgres: '40P01', mariadb: 'ER_LOCK_DEADLOCK' } as const;

function single(options: () => DataSourceOptions, isOneConnection: boolean): void {
  let source: DataSource;
  let transactions: ExdataTransactions;
  beforeAll(async () => {
    source = await new DataSource(options()).initialize();
    transactions = transactionsFor(source);
  });
  afterAll(() => source.destroy());
  beforeEach(async () => {
    await source.manager.clear(ExdataAccountState);
    await source.manager.clear(ExdataDelivery);
  });

  const add = (manager: EntityManager, id: string): Promise<unknown> =>
    manager.insert(ExdataAccountState, { id, mode: 'test', account: id, work: newWork(null) });
  const names = async (): Promise<string[]> =>
    (await source.manager.find(ExdataAccountState, { order: { id: 'ASC' } })).map(({ id }) => id);

  it('a single statement stands, whatever becomes of a transaction that was open when it was sent', async () => {
    let single: Promise<unknown> | undefined;
    const rolledBack = transactions.run(async (manager) => {
      await add(manager, 'lost');
      single = transactions.detached(() => transactions.once((inner) => add(inner, 'kept')));
      await add(manager, 'lost too');
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    await single;
    expect(await names()).toEqual(['kept']);
  });

  it(`a single statement inside a transaction ${isOneConnection ? 'is part of it' : 'is committed by itself'}`, async () => {
    const rolledBack = transactions.run(async () => {
      await transactions.once((manager) => add(manager, 'inner'));
      throw new Error('no');
    });
    await expect(rolledBack).rejects.toThrow('no');
    expect(await names()).toEqual(isOneConnection ? [] : ['inner']);
  });

  it('what fails is told, and leaves nothing', async () => {
    await transactions.once((manager) => add(manager, 'a'));
    await expect(transactions.once((manager) => add(manager, 'a'))).rejects.toThrow();
    await transactions.once((manager) => add(manager, 'b'));
    expect(await names()).toEqual(['a', 'b']);
  });

  if (!isOneConnection)
    it('a single statement is begun anew after a deadlock', async () => {
      let times = 0;
      const code = source.options.type === 'postgres' ? deadlock.postgres : deadlock.mariadb;
      await transactions.once(async (manager) => {
        if (++times < 3) throw Object.assign(new Error('deadlock'), { code });
        await add(manager, 'a');
      });
      expect(times).toBe(3);
      expect(await names()).toEqual(['a']);
    });

  it('says of a row whether it was inserted, in a transaction that goes on', async () => {
    const row = (id: string) => ({ id, mode: 'test' as const, account: 'same', work: newWork(null) });
    const inserted = await transactions.run(async (manager) => {
      const first = await transactions.insertUnlessThere(manager, ExdataAccountState, row('a'));
      const second = await transactions.insertUnlessThere(manager, ExdataAccountState, row('b'));
      await add(manager, 'c');
      return [first, second];
    });
    expect(inserted).toEqual([true, false]);
    expect(await names()).toEqual(['a', 'c']);
  });

  describe('takes a row', () => {
    const where = { outcome: 'open', mode: 'test' } as object;
    const take = (id: string, now: number) => transactions.leaseRow(ExdataDelivery, { ...where, id }, now, now + 100);
    const delivery = async (dueAt: number | null): Promise<string> => {
      const id = randomUUID();
      const body = Buffer.from('{"data": "Straße 東京"}');
      const told = {
        deliveryId: id,
        event: 'e',
        sentAt: 1,
        receivedAt: 1_800_000_000_000,
        bodySha256: 'x',
        body,
        secretId: 's',
      };
      await source.manager.insert(ExdataDelivery, {
        id,
        mode: 'test',
        account: 'a',
        outcome: 'open',
        ...told,
        work: newWork(dueAt),
      });
      return id;
    };

    it('that is due and free, with all that a read of it gives', async () => {
      const id = await delivery(10);
      const row = await take(id, 10);
      expect(row).toBeInstanceOf(ExdataDelivery);
      expect(row).toEqual(await source.manager.findOneBy(ExdataDelivery, { id }));
      expect(row).toMatchObject({
        receivedAt: 1_800_000_000_000,
        bodyDropped: false,
        work: { fence: 1, starts: 1, leaseUntil: 110 },
      });
    });

    it('not before it is due, nor while it is held, and again once its lease has run out', async () => {
      const [id, parked] = [await delivery(10), await delivery(null)];
      expect(await take(id, 9)).toBeNull();
      expect(await take(id, 10)).not.toBeNull();
      expect(await take(id, 109)).toBeNull();
      expect(await take(id, 110)).toMatchObject({ work: { fence: 2, starts: 2, leaseUntil: 210 } });
      expect(await take(parked, 1_000)).toBeNull();
      expect(await take(randomUUID(), 1_000)).toBeNull();
      await source.manager.update(ExdataDelivery, { id }, { outcome: 'applied' });
      expect(await take(id, 1_000)).toBeNull();
    });

    it('for one alone of many that ask at once', async () => {
      const id = await delivery(0);
      const rows = await Promise.all(Array.from({ length: 8 }, () => take(id, 10)));
      expect(rows.filter((row) => row !== null)).toHaveLength(1);
      expect(await source.manager.findOneBy(ExdataDelivery, { id })).toMatchObject({ work: { fence: 1, starts: 1 } });
    });
  });
}
