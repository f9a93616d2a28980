import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import type { DataSourceOptions, EntityManager } from 'typeorm';
import { AccountsLeft, Births, systemClock, Waker, Writes, WorkWatch } from '../../libs/exdata/src/dispatch/index.js';
import type {
  ExdataDispatcher,
  ExdataTransactions,
  ExdataJobRef,
  Write,
} from '../../libs/exdata/src/dispatch/index.js';
import { transactionsFor } from '../../libs/exdata/src/persistence/index.js';
import { addChores, Chore } from '../dispatch/chores.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';

const schema = { entities: [Chore], synchronize: true, dropSchema: true };

describe('on SQLite', () => dispatches(() => ({ ...schema, type: 'better-sqlite3', database: ':memory:' }), true));
describeWithPostgres('on PostgreSQL', ({ url }) => dispatches(() => ({ ...schema, type: 'postgres', url }), false));
describeWithMariadb('on MariaDB', ({ url }) => dispatches(() => ({ ...schema, type: 'mariadb', url }), false));

function dispatches(options: () => DataSourceOptions, isOneConnection: boolean): void {
  let source: DataSource;
  let transactions: ExdataTransactions;
  let writes: Writes;
  /** What was dispatched, and whether its row stood in the database by then. */
  let dispatched: { readonly ref: ExdataJobRef; readonly committed: Promise<boolean> }[];

  beforeAll(async () => {
    source = await new DataSource(options()).initialize();
    transactions = transactionsFor(source);
    const dispatcher: ExdataDispatcher = {
      shared: false,
      start: () => undefined,
      stop: () => Promise.resolve(),
      dispatch: (ref) => void dispatched.push({ ref, committed: source.manager.existsBy(Chore, { id: ref.id }) }),
    };
    const watch = new WorkWatch(systemClock, Math.random, transactions, () => undefined);
    writes = new Writes(
      transactions,
      new Waker(dispatcher, watch),
      systemClock,
      new Births(systemClock, { leaseMs: 30_000 }, new AccountsLeft()),
    );
  });
  afterAll(() => source.destroy());
  beforeEach(async () => {
    dispatched = [];
    await source.manager.clear(Chore);
  });

  const refOf = (id: string): ExdataJobRef => ({ job: 'poll', id });
  const ids = (): string[] => dispatched.map(({ ref }) => ref.id);
  const rows = async (): Promise<string[]> =>
    (await source.manager.find(Chore, { order: { id: 'ASC' } })).map(({ id }) => id);
  const add = async (write: Write, id: string): Promise<void> => {
    await write.manager.insert(Chore, {
      id,
      mode: 'test',
      state: 'open',
      work: { dueAt: 0, fence: 0, starts: 0, finishes: 0, failures: 0 },
    });
    write.wakes(refOf(id));
  };

  it('what a committed write woke is dispatched once, after the commit and before the write resolves', async () => {
    await writes.run(async (write) => {
      await add(write, 'a');
      write.wakes(refOf('a'));
      expect(dispatched).toEqual([]);
    });
    expect(ids()).toEqual(['a']);
    expect(await dispatched[0]?.committed).toBe(true);
  });

  it('nothing is dispatched of a write that is rolled back', async () => {
    const work = writes.run(async (write) => {
      await add(write, 'a');
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect(dispatched).toEqual([]);
    expect(await rows()).toEqual([]);
  });

  it('nothing is dispatched of a write that is cut off, nor of what it wakes later', async () => {
    const cut = new AbortController();
    let woken: Write | undefined;
    const work = writes.runUntil(cut.signal, async (write) => {
      woken = write;
      await add(write, 'a');
      cut.abort(new Error('time is up'));
      await new Promise(() => undefined);
    });
    await expect(work).rejects.toThrow('time is up');
    woken?.wakes(refOf('late'));
    await writes.runUntil(new AbortController().signal, (write) => add(write, 'b'));
    expect(ids()).toEqual(['b']);
    expect(await rows()).toEqual(['b']);
  });

  it('a write inside a transaction of the host’s is dispatched by its own commit, or on one connection by the host’s', async () => {
    await transactions.run(async () => {
      await writes.run((write) => add(write, 'a'));
      expect(ids()).toEqual(isOneConnection ? [] : ['a']);
    });
    expect(ids()).toEqual(['a']);
    expect(await dispatched[0]?.committed).toBe(true);
  });

  it('a write goes with the transaction of the host’s that it joined, and by itself where only it failed', async () => {
    const host = transactions.run(async () => {
      await writes.run((write) => add(write, 'with the host'));
      throw new Error('the host');
    });
    await expect(host).rejects.toThrow('the host');
    expect(ids()).toEqual(isOneConnection ? [] : ['with the host']);
    expect(await rows()).toEqual(ids());
    dispatched = [];
    await transactions.run(async () => {
      const failing = writes.run(async (write) => {
        await add(write, 'alone');
        throw new Error('the write');
      });
      await expect(failing).rejects.toThrow('the write');
      await writes.run((write) => add(write, 'other'));
    });
    expect(ids()).toEqual(['other']);
  });

  if (isOneConnection) return;

  it('a write that the database broke off wakes only what its last attempt did', async () => {
    await addChores(source, ['one', 'two']);
    const seen: Write[] = [];
    // Each takes one row and then wants the other's: the database breaks one of them off.
    let holding = 0;
    let release = (): void => undefined;
    const both = new Promise<void>((resolve) => (release = resolve));
    const lock = async (write: Write, first: string, second: string): Promise<void> => {
      seen.push(write);
      const attempt = seen.length;
      await take(write.manager, first);
      if (++holding === 2) release();
      await both;
      await take(write.manager, second);
      write.wakes(refOf(`${first} ${attempt}`));
      await add(write, `made by ${first}`);
    };
    await Promise.all([
      writes.run((write) => lock(write, 'one', 'two')),
      writes.run((write) => lock(write, 'two', 'one')),
    ]);
    expect(seen).toHaveLength(3);
    expect(new Set(seen).size).toBe(3);
    const made = ids().filter((id) => id.startsWith('made'));
    expect(made.sort()).toEqual(['made by one', 'made by two']);
    // Of the attempt that was broken off nothing, of the two others each its own.
    expect(ids()).toHaveLength(4);
    expect(ids().filter((id) => id.endsWith(' 3'))).toHaveLength(1);
  });

  it('a write whose commit fails and is tried again is dispatched once', async () => {
    let isFirst = true;
    await writes.run(async (write) => {
      await add(write, 'a');
      if (isFirst) {
        isFirst = false;
        write.wakes(refOf('of the first attempt alone'));
        throw Object.assign(new Error('could not serialize access'), { code: '40001' });
      }
    });
    expect(ids()).toEqual(['a']);
  });
}

async function take(manager: EntityManager, id: string): Promise<void> {
  await manager.findOneOrFail(Chore, { where: { id }, lock: { mode: 'pessimistic_write' } });
}
