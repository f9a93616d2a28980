import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { describeWithMariadb, describeWithPostgres } from '../../../../test/services.js';
import { until } from '../../../../test/until.js';
import type { ExdataClock, ExdataTransactions } from '../dispatch/index.js';
import { exdataEntities, exdataMigrations, transactionsFor } from '../persistence/index.js';
import { DatabaseSpool, DirectorySpool, ExdataSpoolLimitError, SpoolNotes, ExdataSpoolSourceError } from './index.js';
import type { ExdataSpool } from './index.js';

const hourMs = 3_600_000;

/** A spool with the ways in that a crash, and the time after it, would take. */
interface Bench {
  readonly spool: ExdataSpool;
  readonly clock: { time: number };
  /** Keeps the bytes as a committed ledger row would. */
  keep(id: string): Promise<void>;
  /** Begins to write, and dies. */
  breakOff(id: string): Promise<void>;
  /** How many ids there are traces of. */
  traces(): Promise<number>;
}

async function* bytesThen(error: Error, bytes: Buffer): AsyncGenerator<Buffer> {
  yield await Promise.resolve(bytes);
  throw error;
}

function contract(open: () => Bench): void {
  const write = (id: string, bytes: Buffer, max = 10_000_000) => open().spool.write(id, Readable.from([bytes]), max);
  const written = async (bytes: Buffer): Promise<string> => {
    const id = randomUUID();
    await write(id, bytes);
    await open().keep(id);
    return id;
  };
  const read = (id: string): Promise<Buffer> => buffer(open().spool.open(id));

  it.each([1, 256 * 1024 - 1, 256 * 1024, 256 * 1024 + 1, 3 * 256 * 1024, 1_000_003])(
    'gives %i bytes back as they came',
    async (length) => {
      const bytes = Buffer.alloc(length, 'all the letters of the alphabet');
      const id = randomUUID();
      // In pieces that fit no chunk.
      const pieces = Array.from({ length: Math.ceil(length / 100_007) }, (_, at) =>
        bytes.subarray(at * 100_007, (at + 1) * 100_007),
      );
      const spooled = await open().spool.write(id, Readable.from(pieces), length);
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      expect(spooled).toEqual({ size: length, sha256, head: bytes.subarray(0, 64 * 1024) });
      await open().keep(id);
      expect(
        createHash('sha256')
          .update(await read(id))
          .digest('hex'),
      ).toBe(sha256);
      expect((await read(id)).length).toBe(length);
      await open().spool.erase(id);
      expect(await open().traces()).toBe(0);
    },
  );

  it('ends at the limit, and leaves nothing behind', async () => {
    const many = Readable.from(Array.from({ length: 100 }, () => Buffer.alloc(100_000)));
    await expect(open().spool.write(randomUUID(), many, 999_999)).rejects.toThrow(ExdataSpoolLimitError);
    expect(many.destroyed).toBe(true);
    expect(await open().traces()).toBe(0);
  });

  it('ends with a stream that fails midway, and leaves nothing behind', async () => {
    const broken = Readable.from(bytesThen(new Error('connection lost'), Buffer.alloc(600_000)));
    const writing = open().spool.write(randomUUID(), broken, 1_000_000);
    await expect(writing).rejects.toThrow(ExdataSpoolSourceError);
    await expect(writing).rejects.toMatchObject({ cause: { message: 'connection lost' } });
    expect(await open().traces()).toBe(0);
  });

  it('erases what is not there', async () => {
    await expect(open().spool.erase(randomUUID())).resolves.toBeUndefined();
  });

  it('says so when there is nothing to open', async () => {
    await expect(read(randomUUID())).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('cleans up broken-off writes and what is over, once an hour old; what is needed or unknown stays', async () => {
    const bytes = Buffer.alloc(300_000, 'x');
    const [needed, over] = [await written(bytes), await written(bytes)];
    await open().breakOff(randomUUID());
    const unfinished = randomUUID();
    await write(unfinished, bytes);
    const isOver = (id: string): Promise<boolean> => Promise.resolve(id === over);
    expect(await open().traces()).toBe(4);
    await open().spool.clean(isOver);
    expect(await open().traces()).toBe(4);
    open().clock.time += hourMs + 1_000;
    await open().spool.clean(isOver);
    expect(await open().traces()).toBe(1);
    expect((await read(needed)).equals(bytes)).toBe(true);
    await expect(read(over)).rejects.toThrow();
    await open().spool.erase(needed);
  });
}

function clockAt(clock: { time: number }): ExdataClock {
  return { now: () => clock.time, after: () => () => undefined };
}

async function ledger(options: DataSourceOptions): Promise<DataSource> {
  const source = await new DataSource({
    ...options,
    entities: [...exdataEntities],
    migrations: [...exdataMigrations],
  }).initialize();
  await source.runMigrations();
  return source;
}

describe('the directory spool', () => {
  let folder: string;
  let source: DataSource;
  let other: DataSource;
  const clock = { time: Date.now() };
  const spoolOf = (database: DataSource, shared = false): DirectorySpool =>
    new DirectorySpool(
      path.join(folder, 'spool'),
      clockAt(clock),
      new SpoolNotes(transactionsFor(database), clockAt(clock)),
      shared,
    );
  const names = (): Promise<string[]> => readdir(path.join(folder, 'spool'));
  const bench = (): Bench => {
    const spool = spoolOf(source);
    return {
      spool,
      clock,
      keep: (id) => transactionsFor(source).run((manager) => spool.keep(manager, id)),
      breakOff: (id) => writeFile(path.join(folder, 'spool', `${id}.part`), 'half'),
      traces: async () => (await names()).length,
    };
  };
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'exdata-spool-'));
    [source, other] = [
      await ledger({ type: 'better-sqlite3', database: ':memory:' }),
      await ledger({ type: 'better-sqlite3', database: ':memory:' }),
    ];
  });
  beforeEach(() => {
    clock.time = Date.now();
  });
  afterAll(async () => {
    await source.destroy();
    await other.destroy();
    await rm(folder, { recursive: true });
  });
  contract(bench);

  it('is readable by its user alone, and leaves files of others alone', async () => {
    const { spool, keep } = bench();
    const id = randomUUID();
    await spool.write(id, Readable.from([Buffer.from('x')]), 10);
    await keep(id);
    expect((await stat(path.join(folder, 'spool'))).mode & 0o777).toBe(0o700);
    expect((await stat(path.join(folder, 'spool', id))).mode & 0o777).toBe(0o600);
    const notes = path.join(folder, 'spool', 'notes.txt');
    await writeFile(notes, 'mine');
    await utimes(notes, 0, 0);
    await spool.clean(() => Promise.resolve(true));
    expect(await readdir(path.join(folder, 'spool'))).toEqual(expect.arrayContaining(['notes.txt']));
  });

  it('is shared only where that is declared', () => {
    expect(spoolOf(source).shared).toBe(false);
    expect(spoolOf(source, true).shared).toBe(true);
  });

  it('[U3] cleans up the bytes of a process that ended before its commit, where they are of its own ledger', async () => {
    const left = randomUUID();
    await spoolOf(source).write(left, Readable.from([Buffer.from('bytes')]), 10);
    const ended = transactionsFor(source).run(async (manager) => {
      await spoolOf(source).keep(manager, left);
      throw new Error('killed');
    });
    await expect(ended).rejects.toThrow('killed');
    const [kept, unknown] = [randomUUID(), () => Promise.resolve(false)];
    await spoolOf(source).write(kept, Readable.from([Buffer.from('bytes')]), 10);
    await transactionsFor(source).run((manager) => spoolOf(source).keep(manager, kept));
    expect(await names()).toEqual(expect.arrayContaining([left, kept]));
    await spoolOf(source).clean(unknown);
    clock.time += hourMs + 1_000;
    await spoolOf(other).clean(unknown);
    expect(await names()).toEqual(expect.arrayContaining([left, kept]));
    await spoolOf(source).clean(unknown);
    expect(await names()).not.toContain(left);
    expect(await names()).toContain(kept);
    expect(await source.query('select id from exdata_spool')).toEqual([]);
  });
});

function databaseSpool(options: () => DataSourceOptions): void {
  let source: DataSource;
  let transactions: ExdataTransactions;
  const clock = { time: 1_800_000_000_000 };
  // What is written is kept by the process that wrote it.
  let spool: DatabaseSpool;
  const bench = (): Bench => ({
    spool,
    clock,
    keep: (id) => transactions.run((manager) => spool.keep(manager, id)),
    breakOff: (id) =>
      transactions.run(async (manager) => {
        const row = `'${id}', 2, ${clock.time}, 'half'`;
        await manager.query(`insert into exdata_spool (id, chunks, written_at, first) values (${row})`);
        await manager.query(`insert into exdata_spool_chunk (spool_id, position, bytes) values ('${id}', 1, 'half')`);
      }),
    traces: async () => {
      const sql = 'select id from exdata_spool union select spool_id from exdata_spool_chunk';
      return (await source.query<unknown[]>(sql)).length;
    },
  });
  beforeAll(async () => {
    source = await ledger(options());
    transactions = transactionsFor(source);
  });
  beforeEach(() => {
    spool = new DatabaseSpool(source, transactions, clockAt(clock));
  });
  afterAll(() => source.destroy());
  contract(bench);

  it('writes a file of one chunk with the ledger row, and reads it in any process then', async () => {
    const other = new DatabaseSpool(source, transactions, clockAt(clock));
    const id = randomUUID();
    await spool.write(id, Readable.from([Buffer.from('one')]), 10);
    expect(await bench().traces()).toBe(0);
    await bench().keep(id);
    expect((await buffer(other.open(id))).toString()).toBe('one');
    expect((await buffer(spool.open(id))).toString()).toBe('one');
    await other.erase(id, true);
    expect(await bench().traces()).toBe(0);
    await expect(buffer(spool.open(id))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('keeps a file of one chunk again in a transaction that is begun anew', async () => {
    const id = randomUUID();
    await spool.write(id, Readable.from([Buffer.from('one')]), 10);
    const first = transactions.run(async (manager) => {
      await spool.keep(manager, id);
      throw new Error('broken off');
    });
    await expect(first).rejects.toThrow('broken off');
    await bench().keep(id);
    expect((await buffer(spool.open(id))).toString()).toBe('one');
    await spool.erase(id);
    expect(await bench().traces()).toBe(0);
  });

  it('holds no transaction while the file is read', async () => {
    let more = (): void => undefined;
    const waiting = new Promise<void>((resolve) => (more = resolve));
    async function* slow(): AsyncGenerator<Buffer> {
      yield Buffer.alloc(600_000);
      await waiting;
      yield Buffer.alloc(300_000);
    }
    const id = randomUUID();
    const writing = spool.write(id, Readable.from(slow()), 1_000_000);
    // Others write meanwhile: on SQLite they would wait for a transaction that is open.
    await until(async () => {
      const [row] = await transactions.run((manager) =>
        manager.query<{ chunks: number }[]>(`select chunks from exdata_spool where id = '${id}'`),
      );
      return (row?.chunks ?? 0) > 0;
    });
    more();
    expect((await writing).size).toBe(900_000);
    await spool.erase(id);
  });

  it('keeps nothing in a transaction that is rolled back', async () => {
    const id = randomUUID();
    await spool.write(id, Readable.from([Buffer.from('x')]), 10);
    await expect(
      transactions.run(async (manager) => {
        await spool.keep(manager, id);
        throw new Error('no row after all');
      }),
    ).rejects.toThrow('no row after all');
    clock.time += hourMs + 1_000;
    await spool.clean(() => Promise.resolve(false));
    expect(await bench().traces()).toBe(0);
  });

  it('holds nothing of a file that is released, whether its row was committed or not', async () => {
    const heedless = Object.create(transactions, { afterCommit: { value: () => undefined } }) as ExdataTransactions;
    const unanswered = new DatabaseSpool(source, heedless, clockAt(clock));
    const [kept, unkept] = [randomUUID(), randomUUID()];
    for (const id of [kept, unkept]) await unanswered.write(id, Readable.from([Buffer.from(id)]), 100);
    await transactions.run((manager) => unanswered.keep(manager, kept));
    for (const id of [kept, unkept]) unanswered.release(id);
    expect((await buffer(unanswered.open(kept))).toString()).toBe(kept);
    await expect(buffer(unanswered.open(unkept))).rejects.toMatchObject({ code: 'ENOENT' });
    await spool.erase(kept);
    await expect(buffer(unanswered.open(kept))).rejects.toMatchObject({ code: 'ENOENT' });
  });

  it('refuses to keep what was erased under its hands', async () => {
    const { keep } = bench();
    const id = randomUUID();
    await spool.write(id, Readable.from([Buffer.from('x')]), 10);
    await spool.erase(id);
    await expect(keep(id)).rejects.toThrow(`no bytes under ${id}`);
  });

  it('reads on only as its reader takes it', async () => {
    const id = randomUUID();
    await spool.write(id, Readable.from([Buffer.alloc(8 * 256 * 1024)]), 10_000_000);
    const reading = spool.open(id)[Symbol.asyncIterator]();
    await reading.next();
    // Gone before its turn comes: that is noticed only by who has not read it yet.
    await source.query('delete from exdata_spool_chunk where position = 7');
    for (let position = 1; position < 7; position++) await reading.next();
    await expect(reading.next()).rejects.toThrow('lost chunk 7');
    await spool.erase(id);
  });
}

describe('the database spool on SQLite', () => databaseSpool(() => ({ type: 'better-sqlite3', database: ':memory:' })));
describeWithPostgres('the database spool on PostgreSQL', ({ url }) => databaseSpool(() => ({ type: 'postgres', url })));
describeWithMariadb('the database spool on MariaDB', ({ url }) => databaseSpool(() => ({ type: 'mariadb', url })));
