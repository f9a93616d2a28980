import { randomUUID } from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import type { ExdataTransactions } from '../dispatch/index.js';
import { newWork } from '../dispatch/index.js';
import { ExdataLink } from '../documents/index.js';
import type { ExdataDocumentState } from '../documents/index.js';
import { exdataEntities, exdataMigrations, transactionsFor } from '../persistence/index.js';
import { DatabaseSpool, DocumentBytes, ExdataEvents, ProgressReports, SpoolCleaning } from './index.js';
import type { ExdataFileReader, ExdataUploadProgress } from './index.js';

const hourMs = 3_600_000;
const timers: { at: number; run: () => void }[] = [];
const clock = {
  time: 1_800_000_000_000,
  now: () => clock.time,
  after: (ms: number, run: () => void) => {
    const timer = { at: clock.time + ms, run };
    timers.push(timer);
    return () => void timers.splice(timers.indexOf(timer), 1);
  },
};

let source: DataSource;
let transactions: ExdataTransactions;
let spool: DatabaseSpool;
let faults: unknown[];
let events: ExdataEvents;
let progress: ProgressReports;
beforeAll(async () => {
  source = await new DataSource({
    type: 'better-sqlite3',
    database: ':memory:',
    entities: [...exdataEntities],
    migrations: [...exdataMigrations],
  }).initialize();
  await source.runMigrations();
  transactions = transactionsFor(source);
  spool = new DatabaseSpool(source, transactions, clock);
});
beforeEach(() => {
  faults = [];
  events = new ExdataEvents((_, error) => faults.push(error));
  progress = new ProgressReports(events, clock);
});
afterAll(() => source.destroy());

const bytesOf = (reader: ExdataFileReader | null = null) => new DocumentBytes(spool, reader, transactions, progress);
const never = new AbortController().signal;

async function spooled(): Promise<string> {
  const id = randomUUID();
  await spool.write(id, Readable.from([Buffer.from('the bytes')]), 100);
  await transactions.run((manager) => spool.keep(manager, id));
  return id;
}
const isSpooled = (id: string): Promise<boolean> =>
  buffer(spool.open(id)).then(
    () => true,
    () => false,
  );

interface Generation {
  readonly generation: number;
  readonly state: ExdataDocumentState;
  readonly spoolId: string | null;
}
async function rowsOf(sourceId: string, generations: readonly Generation[]): Promise<ExdataLink[]> {
  for (const one of generations) {
    const id = randomUUID();
    await source.manager.insert(ExdataLink, {
      ...{
        id,
        ...one,
        mode: 'test',
        account: 'default',
        sourceType: 'invoice',
        sourceId,
        idempotencyKey: id,
        correlationId: id,
        sha256: '0'.repeat(64),
      },
      ...{
        size: 9,
        filename: 'a.pdf',
        contentType: 'application/pdf',
        createdAt: 0,
        updatedAt: 0,
        work: newWork(null),
      },
    });
  }
  return source.manager.find(ExdataLink, { where: { sourceId }, order: { generation: 'ASC' } });
}

const firstOf = (sourceId: string) => source.manager.findOneByOrFail(ExdataLink, { sourceId, generation: 1 });

describe('the bytes of a document', () => {
  it.each<[string, ExdataDocumentState[], boolean]>([
    ['are erased once exdata has them', ['pending'], false],
    ['are erased once exdata refused them', ['rejected'], false],
    ['stay while they are to be sent', ['queued'], true],
    ['stay while exdata may not have them', ['unconfirmed'], true],
    ['stay when they were given up, for a person to send anew', ['failed'], true],
    ['stay when exdata blocked them', ['blocked'], true],
    ['stay while a later generation is to send them', ['blocked', 'queued'], true],
    ['are erased once a later generation has sent them', ['blocked', 'pending'], false],
    ['are erased once the latest of three has', ['failed', 'blocked', 'completed'], false],
    ['stay while an earlier generation may still go out', ['unconfirmed', 'pending'], true],
  ])('%s', async (name, states, stay) => {
    const spoolId = await spooled();
    const rows = await rowsOf(
      name,
      states.map((state, at) => ({ generation: at + 1, state, spoolId })),
    );
    for (const row of rows) await bytesOf().release(row);
    expect(await isSpooled(spoolId)).toBe(stay);
  });

  it('are erased when the next generation brought its own', async () => {
    const spoolId = await spooled();
    await rowsOf('own', [
      { generation: 1, state: 'blocked', spoolId },
      { generation: 2, state: 'queued', spoolId: await spooled() },
    ]);
    await bytesOf().release(await firstOf('own'));
    expect(await isSpooled(spoolId)).toBe(false);
  });

  it('are known to be there or gone', async () => {
    const spoolId = await spooled();
    const row = Object.assign(new ExdataLink(), { spoolId, reference: null });
    expect(await bytesOf().areKept(row)).toBe(true);
    await spool.erase(spoolId);
    expect(await bytesOf().areKept(row)).toBe(false);
    expect(await bytesOf().areKept(Object.assign(row, { spoolId: null, reference: 'k' }))).toBe(true);
  });

  it('are opened from the spool, with length and digest of the ledger', async () => {
    await rowsOf('open', [{ generation: 1, state: 'queued', spoolId: await spooled() }]);
    const file = bytesOf().fileOf(await firstOf('open'), never);
    expect(file).toMatchObject({ size: 9, sha256: '0'.repeat(64) });
    expect((await buffer(file.open())).toString()).toBe('the bytes');
  });
});

describe('a document by reference', () => {
  const row = Object.assign(new ExdataLink(), {
    id: randomUUID(),
    spoolId: null,
    reference: 's3://bucket/key',
    size: 9,
    sha256: '',
  });

  it('is opened anew by the host’s reader for each attempt', async () => {
    const opened: string[] = [];
    const reader: ExdataFileReader = {
      open: (reference) => {
        opened.push(reference);
        return Promise.resolve(Readable.from([Buffer.from('the '), Buffer.from('bytes')]));
      },
    };
    const file = bytesOf(reader).fileOf(row, never);
    expect((await buffer(file.open())).toString()).toBe('the bytes');
    expect((await buffer(file.open())).toString()).toBe('the bytes');
    expect(opened).toEqual(['s3://bucket/key', 's3://bucket/key']);
    await expect(bytesOf(reader).release(row)).resolves.toBeUndefined();
  });

  it.each<[string, ExdataFileReader | null]>([
    ['that cannot be opened', { open: () => Promise.reject(new Error('no such key')) }],
    [
      'that breaks off',
      { open: () => Readable.from(Readable.from([Buffer.from('the ')]).map(() => Promise.reject(new Error('reset')))) },
    ],
    ['that nobody can open', null],
  ])('%s fails the attempt', async (_, reader) => {
    await expect(buffer(bytesOf(reader).fileOf(row, never).open())).rejects.toThrow();
  });

  it('is let go when the attempt ends early, even while it is being opened', async () => {
    let told = (): void => undefined;
    const aborted = new Promise<void>((resolve) => (told = resolve));
    const reader: ExdataFileReader = {
      open: (_, { signal }) =>
        new Promise(() => {
          signal.addEventListener('abort', told, { once: true });
        }),
    };
    (bytesOf(reader).fileOf(row, never).open() as Readable).destroy();
    await aborted;
    const stream = new Readable({ read: () => undefined });
    const closed = new Promise((resolve) => stream.once('close', resolve));
    const through = bytesOf({ open: () => stream })
      .fileOf(row, never)
      .open() as Readable;
    await new Promise(setImmediate);
    through.destroy();
    await closed;
  });
});

describe('cleaning', () => {
  it('takes what the ledger needs no more, at start and every hour', async () => {
    const [needed, over, later] = [await spooled(), await spooled(), await spooled()];
    await rowsOf('needed', [{ generation: 1, state: 'queued', spoolId: needed }]);
    await rowsOf('over', [{ generation: 1, state: 'completed', spoolId: over }]);
    const [row] = await rowsOf('later', [{ generation: 1, state: 'queued', spoolId: later }]);
    clock.time += hourMs + 1;
    const cleaning = new SpoolCleaning(bytesOf(), clock, (error) => faults.push(error));
    await cleaning.start();
    expect([await isSpooled(needed), await isSpooled(over), await isSpooled(later)]).toEqual([true, false, true]);
    await source.manager.update(ExdataLink, { id: row?.id ?? '' }, { state: 'completed' });
    clock.time += hourMs;
    timers.shift()?.run();
    await cleaning.stop();
    await cleaning.stop();
    expect(await isSpooled(later)).toBe(false);
    expect(faults).toEqual([]);
    expect(timers).toEqual([]);
  });
});

describe('progress', () => {
  const row = (id: string) =>
    Object.assign(new ExdataLink(), {
      id,
      mode: 'test',
      account: 'default',
      sourceType: 'invoice',
      sourceId: id,
      generation: 2,
    });

  it('is told at once, at its end, and at most four times a second in between', () => {
    const seen: ExdataUploadProgress[] = [];
    const off = events.on('upload.progress', (event) => seen.push(event));
    const report = bytesOf().progressOf(row('p-1'));
    for (let sent = 1; sent <= 100; sent++) {
      report(sent, 100);
      clock.time += 10;
    }
    expect(seen.map(({ sentBytes }) => sentBytes)).toEqual([1, 26, 51, 76, 100]);
    expect(seen[0]).toEqual({
      account: 'default',
      source: { type: 'invoice', id: 'p-1' },
      generation: 2,
      sentBytes: 1,
      totalBytes: 100,
    });
    off();
    report(100, 100);
    expect(seen).toHaveLength(5);
  });

  it('is told to who submitted the document here, until the row is over', async () => {
    const seen: number[] = [];
    progress.watch('p-2', ({ sentBytes }) => seen.push(sentBytes));
    progress.of(row('p-2'))(5, 10);
    progress.of(row('p-3'))(6, 10);
    await bytesOf().release(Object.assign(row('p-2'), { spoolId: null }));
    progress.of(row('p-2'))(10, 10);
    expect(seen).toEqual([5]);
  });

  it('remembers the last thousand who asked', () => {
    const seen: string[] = [];
    for (let at = 0; at <= 1_000; at++) progress.watch(`w-${at}`, ({ source: { id } }) => seen.push(id));
    for (const id of ['w-0', 'w-1', 'w-1000']) progress.of(row(id))(10, 10);
    expect(seen).toEqual(['w-1', 'w-1000']);
  });

  it('is not ended by what a listener throws', () => {
    const seen: number[] = [];
    events.on('upload.progress', () => {
      throw new Error('a listener');
    });
    events.on('upload.progress', ({ sentBytes }) => seen.push(sentBytes));
    progress.of(row('p-4'))(10, 10);
    expect(seen).toEqual([10]);
    expect(faults).toEqual([new Error('a listener')]);
  });
});
