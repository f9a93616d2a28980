import { randomUUID } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PassThrough, Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { describeWithSmallDisk } from '../../../../test/small-disk.js';
import type { ExdataError } from '../api/index.js';
import type { ExdataClock } from '../dispatch/index.js';
import { exdataEntities, exdataMigrations, transactionsFor } from '../persistence/index.js';
import { DatabaseSpool, DirectorySpool, ExdataFileError, ExdataSpoolError, SpoolNotes, UploadIntake } from './index.js';
import type { ExdataSpool, ExdataUploadFile } from './index.js';

const source = { type: 'invoice', id: 'INV-1' };
const rules = { maxBytes: 500_000_000, allowedTypes: ['pdf'], nameMismatch: 'refuse' as const };
/** More than any of the disks here takes. */
const content = Buffer.alloc(2_000_000, '%PDF-1.7 the bytes of an invoice ');
const small = content.subarray(0, 30_000);
const time = { now: 1_800_000_000_000 };
const clock: ExdataClock = { now: () => time.now, after: () => () => undefined };

let folder: string;
let database: DataSource;
beforeAll(async () => {
  const [entities, migrations] = [[...exdataEntities], [...exdataMigrations]];
  database = await new DataSource({
    type: 'better-sqlite3',
    database: ':memory:',
    entities,
    migrations,
    migrationsRun: true,
  }).initialize();
  folder = await mkdtemp(path.join(tmpdir(), 'exdata-spool-faults-'));
  await writeFile(path.join(folder, 'invoice.pdf'), content);
});
afterAll(async () => {
  await database.destroy();
  await rm(folder, { recursive: true });
});

const take = (spool: ExdataSpool, file: ExdataUploadFile) =>
  new UploadIntake(spool, null, rules).take(randomUUID(), { source, file });
const failureOf = (call: Promise<unknown>): Promise<ExdataError> =>
  call.then(
    () => Promise.reject(new Error('it was taken')),
    (error: unknown) => error as ExdataError,
  );
const notes = (): SpoolNotes => new SpoolNotes(transactionsFor(database), clock);

async function* pieces(): AsyncGenerator<Buffer> {
  for (let at = 0; at < content.length; at += 50_000) yield await Promise.resolve(content.subarray(at, at + 50_000));
}

const kinds: readonly [string, () => ExdataUploadFile][] = [
  ['a path', () => path.join(folder, 'invoice.pdf')],
  ['a Buffer', () => content],
  ['a Blob', () => new Blob([content])],
  ['a stream', () => Readable.from(pieces())],
  ['a stream that is piped', () => Readable.from(pieces()).pipe(new PassThrough())],
  ['a stream of the web', () => new Response(content).body as AsyncIterable<Uint8Array>],
  ['an async generator', pieces],
  ['a function that opens a stream', () => () => Promise.resolve(Readable.from(pieces()))],
];

/** A spool that has no room must be told as ours, and never as a fault of the file. */
function tellsItsOwnFault(spool: () => ExdataSpool, named: string, left: () => Promise<unknown[]>): void {
  it.each(kinds)('of %s', async (_, file) => {
    const error = await failureOf(take(spool(), file()));
    expect(error).toBeInstanceOf(ExdataSpoolError);
    expect(error).toMatchObject({ code: 'spool_full', retryable: true, retryAfterMs: 30_000, source });
    expect(error.message).toContain(named);
    expect(error.message).not.toContain(folder);
    expect(await left()).toEqual([]);
  });

  it('but still a file that cannot be read', async () => {
    async function* broken(): AsyncGenerator<Buffer> {
      yield await Promise.resolve(small);
      throw Object.assign(new Error('the store has no room'), { code: 'ENOSPC' });
    }
    const error = await failureOf(take(spool(), Readable.from(broken())));
    expect(error).toBeInstanceOf(ExdataFileError);
    expect(error).toMatchObject({ code: 'file_unreadable', cause: { code: 'ENOSPC' } });
    expect(await left()).toEqual([]);
  });

  it('and takes what there is room for', async () => {
    const taken = await take(spool(), small);
    expect(taken.size).toBe(small.length);
    await spool().erase(taken.spoolId ?? '');
  });
}

describeWithSmallDisk('a full disk under the directory spool', 300_000, (disk) => {
  const spool = (): ExdataSpool => new DirectorySpool(path.join(disk.folder, 'spool'), clock, notes());
  const names = (): Promise<string[]> => readdir(path.join(disk.folder, 'spool'));
  tellsItsOwnFault(spool, 'no room left (ENOSPC)', names);

  it('a disk that can only be read is named too, once it is', async () => {
    disk.readOnly(true);
    try {
      expect(await failureOf(take(spool(), small))).toMatchObject({
        code: 'spool_failed',
        message: expect.stringContaining('EROFS'),
      });
    } finally {
      disk.readOnly(false);
    }
    expect(await names()).toEqual([]);
  });
});

describe('a full database under the database spool', () => {
  let full: DataSource;
  const transactions = () => transactionsFor(full);
  beforeAll(async () => {
    const [entities, migrations] = [[...exdataEntities], [...exdataMigrations]];
    full = await new DataSource({
      type: 'better-sqlite3',
      database: ':memory:',
      entities,
      migrations,
      migrationsRun: true,
    }).initialize();
    const [pages] = await full.query<{ page_count: number }[]>('pragma page_count');
    await full.query(`pragma max_page_count = ${(pages?.page_count ?? 0) + 100}`);
  });
  afterAll(() => full.destroy());
  const spool = (): ExdataSpool => new DatabaseSpool(full, transactions(), clock);
  const left = (): Promise<unknown[]> =>
    full.query('select id from exdata_spool union select spool_id from exdata_spool_chunk');
  tellsItsOwnFault(spool, 'no room left (SQLITE_FULL)', left);
});

describe('the limit of the directory spool', () => {
  const spool = (): ExdataSpool => new DirectorySpool(path.join(folder, 'limited'), clock, notes(), false, 300_000);
  beforeAll(() => mkdir(path.join(folder, 'limited')));
  tellsItsOwnFault(spool, 'upload.spoolBytes', () => readdir(path.join(folder, 'limited')));
});

describe('the limit of the database spool', () => {
  const spool = (): ExdataSpool => new DatabaseSpool(database, transactionsFor(database), clock, 600_000);
  tellsItsOwnFault(spool, 'upload.spoolBytes', () => database.query('select id from exdata_spool'));
});

it.each<[string, (limit: number) => ExdataSpool]>([
  ['directory', (limit) => new DirectorySpool(path.join(folder, 'shared'), clock, notes(), true, limit)],
  ['database', (limit) => new DatabaseSpool(database, transactionsFor(database), clock, limit)],
])('the %s spool counts what others keep in it, and finds room again once they need it no more', async (_, open) => {
  const megabyte = 1024 * 1024;
  const [ours, theirs] = [open(megabyte), open(10 * megabyte)];
  await ours.clean(() => Promise.resolve(false));
  await take(ours, small).then(({ spoolId }) => ours.erase(spoolId ?? ''));
  const { spoolId } = await take(theirs, content.subarray(0, megabyte));
  time.now += 60_000;
  expect(await failureOf(take(ours, small))).toMatchObject({ code: 'spool_full' });
  await theirs.erase(spoolId ?? '');
  time.now += 1_000;
  const taken = await take(ours, small);
  expect(taken.size).toBe(small.length);
  await ours.erase(taken.spoolId ?? '');
});

describe('a spool of the host’s', () => {
  const failing = (write: ExdataSpool['write']): ExdataSpool => ({
    shared: true,
    write,
    open: () => Readable.from([]),
    erase: () => Promise.reject(new Error('not reachable either')),
    clean: () => Promise.resolve(),
  });
  const noRoom = Object.assign(new Error('/mnt/secret-path'), { code: 'ENOSPC' });

  it.each<[string, ExdataSpool['write']]>([
    ['refuses at once', () => Promise.reject(noRoom)],
    [
      'pipes the file, and ends it with its own fault',
      async (_, from) => {
        await pipeline(from, new Writable({ write: (_chunk, _encoding, done) => done(noRoom) }));
        throw new Error('not reached');
      },
    ],
    ['wraps the reason', () => Promise.reject(new Error('upload failed', { cause: { driverError: noRoom } }))],
  ])('that %s', async (_, write) => {
    for (const [, file] of kinds) {
      const error = await failureOf(take(failing(write), file()));
      expect(error).toBeInstanceOf(ExdataSpoolError);
      expect(error).toMatchObject({ code: 'spool_full', message: expect.stringContaining('ENOSPC') });
      expect(error.message).not.toContain('secret-path');
    }
  });

  it('that says nothing of the reason', async () => {
    const error = await failureOf(
      take(
        failing(() => Promise.reject(new Error('secret'))),
        content,
      ),
    );
    expect(error).toMatchObject({ code: 'spool_failed', retryable: true });
    expect(error.message).not.toContain('secret');
  });
});
