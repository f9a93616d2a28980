import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { DataSource } from 'typeorm';
import { ExdataConfigurationError } from '../api/index.js';
import { systemClock } from '../dispatch/index.js';
import { ExdataInputError } from '../documents/index.js';
import type { ExdataError } from '../api/index.js';
import { exdataEntities, exdataMigrations, transactionsFor } from '../persistence/index.js';
import { DirectorySpool, ExdataFileError, ExdataSpoolError, SpoolNotes, UploadIntake } from './index.js';
import type { ExdataFileReader, ExdataSubmit, ExdataSpool, ExdataUploadFile } from './index.js';

const content = Buffer.from('%PDF-1.7 the bytes of an invoice');
const sha256 = createHash('sha256').update(content).digest('hex');
const source = { type: 'invoice', id: 'INV-1' };
const rules = {
  maxBytes: 500_000_000,
  allowedTypes: ['pdf', 'image', 'office', 'email', 'html', 'xml', 'text'],
  nameMismatch: 'refuse' as 'refuse' | 'ignore',
};

let folder: string;
let spool: DirectorySpool;
let database: DataSource;
let notes: SpoolNotes;
beforeAll(async () => {
  const [entities, migrations] = [[...exdataEntities], [...exdataMigrations]];
  database = await new DataSource({
    type: 'better-sqlite3',
    database: ':memory:',
    entities,
    migrations,
    migrationsRun: true,
  }).initialize();
  notes = new SpoolNotes(transactionsFor(database), systemClock);
  folder = await mkdtemp(path.join(tmpdir(), 'exdata-intake-'));
  spool = new DirectorySpool(path.join(folder, 'spool'), systemClock, notes);
  await writeFile(path.join(folder, 'invoice.pdf'), content);
});
const spooled = (): Promise<string[]> => readdir(path.join(folder, 'spool')).catch(() => []);
afterEach(async () => {
  for (const name of await spooled()) await rm(path.join(folder, 'spool', name));
});
afterAll(async () => {
  await database.destroy();
  await rm(folder, { recursive: true });
});

const intake = (reader: ExdataFileReader | null = null, more: Partial<typeof rules> = {}, into: ExdataSpool = spool) =>
  new UploadIntake(into, reader, { ...rules, ...more });
const take = (file: ExdataUploadFile, more: Partial<ExdataSubmit> = {}) =>
  intake().take(randomUUID(), { source, file, ...more });
const failureOf = (call: Promise<unknown>): Promise<ExdataError> =>
  call.then(
    () => Promise.reject(new Error('it was taken')),
    (error: unknown) => error as ExdataError,
  );

async function* failing(): AsyncGenerator<Buffer> {
  yield await Promise.resolve(content);
  throw new Error('secret/path: connection lost');
}
async function* zeros(length: number): AsyncGenerator<Buffer> {
  const chunk = Buffer.alloc(1_000_000, ' ');
  yield await Promise.resolve(content);
  for (let left = length - content.length; left > 0; left -= chunk.length)
    yield left < chunk.length ? chunk.subarray(0, left) : chunk;
}

describe('a file is taken', () => {
  it.each<[string, () => ExdataUploadFile]>([
    ['from a path', () => path.join(folder, 'invoice.pdf')],
    ['from a Buffer', () => content],
    ['from a Uint8Array', () => new Uint8Array(content)],
    ['from a Blob', () => new Blob([content])],
    ['from a File', () => new File([content], 'invoice.pdf')],
    ['from a stream', () => Readable.from([content.subarray(0, 5), content.subarray(5)])],
    ['from a stream of the web', () => new Response(content).body as AsyncIterable<Uint8Array>],
    ['from a factory', () => () => Readable.from([content])],
    ['from a factory that takes its time', () => () => Promise.resolve(Readable.from([content]))],
  ])('%s', async (_, file) => {
    const id = randomUUID();
    const taken = await intake().take(id, { source, file: file() });
    expect(taken).toMatchObject({
      spoolId: id,
      reference: null,
      size: content.length,
      sha256,
      contentType: 'application/pdf',
    });
    expect(taken.filename).toMatch(/^(invoice|document)\.pdf$/);
    expect(await spooled()).toEqual([id]);
  });

  it('from a reference, once, without being spooled', async () => {
    const opened: string[] = [];
    let wanted: AbortSignal | undefined;
    const reader: ExdataFileReader = {
      open: (reference, { signal }) => {
        opened.push(reference);
        wanted = signal;
        return Promise.resolve(Readable.from([content]));
      },
    };
    const taken = await intake(reader).take(randomUUID(), {
      source,
      file: { reference: 's3://invoices/1?X-Signature=s' },
    });
    expect(taken).toEqual({
      ...{ spoolId: null, reference: 's3://invoices/1?X-Signature=s', size: content.length, sha256 },
      ...{ filename: 'document.pdf', contentType: 'application/pdf' },
    });
    expect(opened).toHaveLength(1);
    expect(wanted?.aborted).toBe(true);
    expect(await spooled()).toEqual([]);
  });
});

describe('[U4] a file is refused', () => {
  it.each<[string, () => Promise<unknown>, string]>([
    ['with no bytes', () => take(Buffer.alloc(0)), 'file_empty'],
    ['with no bytes, as a stream', () => take(Readable.from([])), 'file_empty'],
    [
      'that is a program named .pdf',
      () => take(Buffer.from('MZ\x90\0 not an invoice at all'), { filename: 'invoice.pdf' }),
      'file_type',
    ],
    ['that is a PDF named .docx', () => take(content, { filename: 'invoice.docx' }), 'file_name_mismatch'],
    ['that is a PDF named .exe', () => take(content, { filename: 'invoice.exe' }), 'file_name_mismatch'],
    [
      'that is a text named .pdf',
      () => take(Buffer.from('just text'), { filename: 'INVOICE.PDF' }),
      'file_name_mismatch',
    ],
    [
      'that is not on the list',
      () => intake(null, { allowedTypes: ['image'] }).take(randomUUID(), { source, file: content }),
      'file_type',
    ],
    ['that is not there', () => take(path.join(folder, 'nowhere.pdf')), 'file_unreadable'],
    ['that is a folder', () => take(folder), 'file_unreadable'],
    ['that fails midway', () => take(Readable.from(failing())), 'file_unreadable'],
    ['that gives text', () => take(Readable.from(['%PDF-1.4'])), 'file_unreadable'],
    ['whose factory fails', () => take(() => Promise.reject(new Error('no such bucket'))), 'file_unreadable'],
    [
      'whose reader fails',
      () => intake({ open: () => Readable.from(failing()) }).take(randomUUID(), { source, file: { reference: 'k' } }),
      'file_unreadable',
    ],
  ])('%s, and nothing of it stays', async (_, call, code) => {
    const error = await failureOf(call());
    expect(error).toBeInstanceOf(ExdataFileError);
    expect(error).toMatchObject({ code, source, field: 'file', retryable: code === 'file_unreadable' });
    expect(error.message).not.toMatch(/nowhere|INVOICE|invoice\.|secret|bucket/);
    expect(await spooled()).toEqual([]);
  });

  it('of 500,000,001 bytes, while it comes; one of 500,000,000 is taken', async () => {
    const taken = await take(Readable.from(zeros(500_000_000)), { filename: 'large.pdf' });
    expect(taken.size).toBe(500_000_000);
    await intake().drop(taken);
    const error = await failureOf(take(Readable.from(zeros(500_000_001))));
    expect(error).toMatchObject({ code: 'file_too_large', message: expect.stringContaining('500000000 bytes') });
    const reader: ExdataFileReader = { open: () => zeros(500_000_001) };
    const referenced = await failureOf(intake(reader).take(randomUUID(), { source, file: { reference: 'large' } }));
    expect(referenced).toMatchObject({ code: 'file_too_large' });
    expect(await spooled()).toEqual([]);
  });

  it('no name is held against its content where that is ignored', async () => {
    const lax = intake(null, { nameMismatch: 'ignore' });
    expect(await lax.take(randomUUID(), { source, file: content, filename: 'a.docx' })).toMatchObject({
      contentType: 'application/pdf',
    });
  });
});

it.each([' ', '..', 'folder/', '"'])(
  'a file whose name %j leaves nothing gets the ending of its type',
  async (filename) => {
    expect(await take(content, { filename })).toMatchObject({ filename: 'document.pdf' });
  },
);

describe('an input is refused', () => {
  it.each<[string, Partial<ExdataSubmit>]>([
    ['source.id', { source: { type: 'invoice', id: '' } }],
    ['source.type', { source: { type: 'x'.repeat(65), id: '1' } }],
    ['locale', { locale: 'de_' }],
    ['locale', { locale: 'german language' }],
    ['customTypes.0', { customTypes: ['a\r\nb'] }],
    ['customTypes.1', { customTypes: ['memo', ' '] }],
    ['customTypes', { customTypes: Array.from({ length: 51 }, () => 'x') }],
    ['text', { text: 'x'.repeat(10_001) }],
    ['file', { file: 7 as never }],
    ['file', { file: null as never }],
    ['file', { file: (() => 'not a stream') as never }],
    ['file.reference', { file: { reference: '' } }],
    ['file.reference', { file: { reference: 'a\nb' } }],
  ])('for its %s', async (field, more) => {
    const reader: ExdataFileReader = { open: () => Readable.from([content]) };
    const error = await failureOf(intake(reader).take(randomUUID(), { source, file: content, ...more }));
    expect(error).toBeInstanceOf(ExdataInputError);
    expect(error).toMatchObject({ field });
    expect(await spooled()).toEqual([]);
  });

  it('and its stream is let go', async () => {
    const file = Readable.from([content]);
    await failureOf(take(file, { locale: '-' }));
    expect(file.destroyed).toBe(true);
  });

  it('that is a reference with nobody to read it, with the token to bind', async () => {
    const error = await failureOf(take({ reference: 'key' }));
    expect(error).toBeInstanceOf(ExdataConfigurationError);
    expect(error.message).toContain('EXDATA_FILE_READER');
  });
});

it('a stream that failed before its turn fails the intake, not the process', async () => {
  const file = new Readable({ read: () => undefined });
  const taking = take(file);
  file.destroy(new Error('gone'));
  expect(await failureOf(taking)).toMatchObject({ code: 'file_unreadable' });
});

it('ends with the signal’s reason when that is aborted, and leaves nothing', async () => {
  const stop = new AbortController();
  const file = new Readable({
    read() {
      this.push(content);
      if (!stop.signal.aborted) stop.abort(new Error('the request was closed'));
    },
  });
  expect(await failureOf(take(file, { signal: stop.signal }))).toBe(stop.signal.reason);
  expect(file.destroyed).toBe(true);
  expect(await spooled()).toEqual([]);
});

describe('ends with the signal’s reason though the file stalls, and leaves nothing', () => {
  const forever = new Promise<never>(() => undefined);
  async function* stalling(stalls: () => void): AsyncGenerator<Buffer> {
    yield await Promise.resolve(content);
    stalls();
    await forever;
  }
  const web = (stalls: () => void): ReadableStream<Uint8Array> =>
    new ReadableStream(
      {
        start: (controller) => controller.enqueue(content),
        pull: () => {
          stalls();
          return forever;
        },
      },
      { highWaterMark: 1 },
    );

  it.each<[string, (stalls: () => void) => ExdataUploadFile]>([
    [
      'a function that opens a stream',
      (stalls) => () => {
        stalls();
        return forever;
      },
    ],
    ['an async generator', stalling],
    ['a stream over one', (stalls) => Readable.from(stalling(stalls))],
    ['a stream of the web', web],
    ['a function that opens one', (stalls) => () => web(stalls)],
  ])('%s', async (_what, file) => {
    const stop = new AbortController();
    const taking = take(
      file(() => setImmediate(() => stop.abort(new Error('the request was closed')))),
      { signal: stop.signal },
    );
    expect(await failureOf(taking)).toBe(stop.signal.reason);
    expect(await spooled()).toEqual([]);
  });

  it('a stream that is opened too late is let go', async () => {
    const stop = new AbortController();
    const late = new Readable({ read: () => undefined });
    let open: (stream: Readable) => void = () => undefined;
    const taking = take(() => new Promise<Readable>((resolve) => (open = resolve)), { signal: stop.signal });
    stop.abort(new Error('the request was closed'));
    expect(await failureOf(taking)).toBe(stop.signal.reason);
    const closed = new Promise((resolve) => late.once('close', resolve));
    open(late);
    await closed;
  });
});

it('tells a spool that cannot take it from a file that cannot be read', async () => {
  await writeFile(path.join(folder, 'occupied'), '');
  const blocked = new DirectorySpool(path.join(folder, 'occupied'), systemClock, notes);
  const error = await failureOf(intake(null, {}, blocked).take(randomUUID(), { source, file: content }));
  expect(error).toBeInstanceOf(ExdataSpoolError);
  expect(error).toMatchObject({ code: 'spool_failed', retryable: true, source });
});
