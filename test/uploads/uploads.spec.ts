import { createHash } from 'node:crypto';
import { access, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import {
  EXDATA_DISPATCHER,
  EXDATA_FILE_READER,
  EXDATA_SPOOL,
  ExdataConfigurationError,
  ExdataEvents,
  ExdataResubmitError,
  ExdataFileReading,
} from 'nestjs-exdata';
import type {
  ExdataDispatcher,
  ExdataFileReader,
  ExdataModuleOptions,
  ExdataSpool,
  ExdataSpooled,
  ExdataUploadProgress,
} from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import { Host } from '../life/host.js';
import type { HostOptions } from '../life/host.js';
import { patienceMs } from '../until.js';

const content = Buffer.from('the text of an invoice '.repeat(50_000));
const sha256 = createHash('sha256').update(content).digest('hex');
const source = (id: string) => ({ type: 'invoice', id });

let host: Host | undefined;
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'exdata-uploads-'));
});
afterEach(async () => {
  await host?.close();
  host = undefined;
});
afterAll(() => rm(folder, { recursive: true }));

async function started(upload: ExdataModuleOptions['upload'] = {}, more: HostOptions = {}): Promise<Host> {
  await rm(path.join(folder, 'spool'), { recursive: true, force: true });
  host = await Host.start({ ...more, options: { upload: { spoolDirectory: path.join(folder, 'spool'), ...upload } } });
  return host;
}
const pending = (at: Host, id: string) => at.documents.waitFor(source(id), { until: 'pending', timeoutMs: patienceMs });
/** What exdata was sent, whole. */
const sentTo = ({ sandbox }: Host) =>
  sandbox.journal.requests(({ file }) => file !== null).map(({ file }) => file?.sha256);

describe('the spool', () => {
  it('in a directory is empty once exdata has the document', async () => {
    const at = await started();
    const file = Readable.from([content.subarray(0, 1_000), content.subarray(1_000)]);
    await at.uploads.submit({ source: source('D-1'), file, filename: 'Rechnung "Ä".txt' });
    const document = await pending(at, 'D-1');
    expect(document).toMatchObject({
      spoolId: document.id,
      reference: null,
      filename: 'Rechnung Ä.txt',
      sha256,
      size: content.length,
    });
    expect(sentTo(at)).toEqual([sha256]);
    await at.until(async () => (await readdir(path.join(folder, 'spool'))).length === 0);
  });

  it('in the database writes no file, and is empty once exdata has the document', async () => {
    const spoolDirectory = path.join(folder, 'never');
    const at = await started({ spool: 'database', spoolDirectory });
    await at.uploads.submit({ source: source('D-2'), file: new Blob([content]) });
    await pending(at, 'D-2');
    expect(sentTo(at)).toEqual([sha256]);
    await expect(access(spoolDirectory)).rejects.toThrow('ENOENT');
    const left = 'select id from exdata_spool union all select spool_id from exdata_spool_chunk';
    await at.until(async () => (await at.database.query<unknown[]>(left)).length === 0);
  });

  it('may be the host’s own', async () => {
    const spool = new MemorySpool();
    const at = await started({}, { extras: { providers: [{ provide: EXDATA_SPOOL, useValue: spool }] } });
    await at.uploads.submit({ source: source('D-3'), file: content });
    await pending(at, 'D-3');
    expect(sentTo(at)).toEqual([sha256]);
    await at.until(() => spool.kept.size === 0);
    expect(spool.cleaned).toBe(1);
  });

  it('keeps nothing of what the ledger did not take', async () => {
    const spool = new MemorySpool();
    const at = await started({}, { extras: { providers: [{ provide: EXDATA_SPOOL, useValue: spool }] } });
    await at.sandbox.close();
    await at.uploads.submit({ source: source('D-4'), file: content });
    expect(spool.kept.size).toBe(1);
    expect(await at.uploads.submit({ source: source('D-4'), file: content })).toMatchObject({ created: false });
    await expect(at.uploads.submit({ source: source('D-4'), file: Buffer.from('other text') })).rejects.toThrow(
      'other bytes',
    );
    expect(spool.kept.size).toBe(1);
  });

  const shared: ExdataDispatcher = {
    shared: true,
    start: () => undefined,
    dispatch: () => undefined,
    stop: () => Promise.resolve(),
  };
  const withShared: HostOptions = { extras: { providers: [{ provide: EXDATA_DISPATCHER, useValue: shared }] } };

  it('must be shared where the work is, and start says how', async () => {
    const start = started({}, withShared);
    await expect(start).rejects.toThrow(ExdataConfigurationError);
    await expect(start).rejects.toThrow(/upload\.spool to 'database'.*upload\.spoolShared to true.*EXDATA_SPOOL/);
  });

  it.each<[string, ExdataModuleOptions['upload']]>([
    ['in the database', { spool: 'database' }],
    ['on a volume that is declared to be', { spoolShared: true }],
  ])('is shared %s', async (_, upload) => {
    await expect(started(upload, withShared)).resolves.toBeInstanceOf(Host);
  });
});

describe('a file by reference', () => {
  const bucket = new Map<string, Buffer>();
  const opened: string[] = [];
  const reader: ExdataFileReader = {
    open: (reference) => {
      opened.push(reference);
      const bytes = bucket.get(reference);
      return bytes ? Promise.resolve(Readable.from([bytes])) : Promise.reject(new Error('NoSuchKey'));
    },
  };
  const withReader: HostOptions = { extras: { providers: [{ provide: EXDATA_FILE_READER, useValue: reader }] } };
  afterEach(() => {
    opened.length = 0;
    bucket.clear();
  });

  it('is read once to be checked and once for each attempt, and never spooled', async () => {
    bucket.set('invoices/7', content);
    const spoolDirectory = path.join(folder, 'unused');
    const at = await started({ spoolDirectory }, withReader);
    at.sandbox.faults.request(requestFaults.badGateway(true), { match: ({ method }) => method === 'POST' });
    await at.uploads.submit({ source: source('R-1'), file: { reference: 'invoices/7' }, filename: 'seven.txt' });
    expect(await pending(at, 'R-1')).toMatchObject({ spoolId: null, reference: 'invoices/7', sha256 });
    expect(opened).toEqual(['invoices/7', 'invoices/7', 'invoices/7']);
    expect(sentTo(at)).toEqual([sha256, sha256]);
    await expect(access(spoolDirectory)).rejects.toThrow('ENOENT');
  });

  it('that was changed since is not sent: the attempt ends before it counts', async () => {
    bucket.set('invoices/8', content);
    const at = await started({}, withReader);
    at.sandbox.faults.request(requestFaults.problem(503, 'down', 'down'), { match: ({ method }) => method === 'POST' });
    await at.uploads.submit({ source: source('R-2'), file: { reference: 'invoices/8' } });
    const other = Buffer.from(content);
    other[100] = 1;
    bucket.set('invoices/8', other);
    const { problem } = await at.documents.waitFor(source('R-2'), { until: 'failed', timeoutMs: patienceMs });
    expect(problem).toMatchObject({ code: 'file_digest_mismatch' });
    expect(at.sandbox.documents.list()).toEqual([]);
  });
});

describe('progress', () => {
  it('is an event, and comes to who submitted the document', async () => {
    const at = await started();
    const [events, own]: [ExdataUploadProgress[], ExdataUploadProgress[]] = [[], []];
    at.app.get(ExdataEvents).on('upload.progress', (event) => events.push(event));
    await at.uploads.submit({ source: source('P-1'), file: content, onProgress: (progress) => own.push(progress) });
    await at.uploads.submit({ source: source('P-2'), file: content });
    await Promise.all(['P-1', 'P-2'].map((id) => pending(at, id)));
    expect(own.at(-1)).toEqual({
      account: 'default',
      source: source('P-1'),
      generation: 1,
      sentBytes: content.length,
      totalBytes: content.length,
    });
    expect(new Set(own.map(({ source: { id } }) => id))).toEqual(new Set(['P-1']));
    expect(new Set(events.map(({ source: { id } }) => id))).toEqual(new Set(['P-1', 'P-2']));
  });
});

describe('a document sent anew', () => {
  it('goes out with the stored bytes, which are erased once exdata has them', async () => {
    const at = await started();
    at.sandbox.faults.request(requestFaults.problem(400, 'odd', 'odd'), { match: ({ method }) => method === 'POST' });
    await at.uploads.submit({ source: source('S-1'), file: content });
    await at.documents.waitFor(source('S-1'), { until: 'failed', timeoutMs: patienceMs });
    expect(await readdir(path.join(folder, 'spool'))).toHaveLength(1);
    const next = await at.uploads.resubmit(source('S-1'), { reason: 'exdata was odd' });
    expect(next).toMatchObject({ generation: 2, sha256 });
    await pending(at, 'S-1');
    expect(sentTo(at)).toEqual([sha256]);
    await at.until(async () => (await readdir(path.join(folder, 'spool'))).length === 0);
  });

  it('needs its file again where nothing is stored of it any more', async () => {
    const at = await started();
    const id = await at.pending('S-2');
    await at.sandbox.documents.finish(id, { status: 'error' });
    await at.documents.refresh(source('S-2'));
    await at.until(async () => (await readdir(path.join(folder, 'spool'))).length === 0);
    const asItIs = at.uploads.resubmit(source('S-2'), { reason: 'once more' });
    await expect(asItIs).rejects.toThrow(ExdataResubmitError);
    await expect(asItIs).rejects.toMatchObject({ code: 'bytes_gone' });
    const next = await at.uploads.resubmit(source('S-2'), {
      reason: 'a better scan',
      file: content,
      filename: 'better.txt',
    });
    expect(next).toMatchObject({
      generation: 2,
      sha256,
      filename: 'better.txt',
      spoolId: next.id,
      reason: 'a better scan',
    });
    await pending(at, 'S-2');
    expect(sentTo(at).at(-1)).toBe(sha256);
  });
});

describe('[E1] a document that exdata refused for its fields', () => {
  const refused = requestFaults.problem(422, 'validation_failed', 'Invalid.', { errors: { locale: ['Unknown.'] } });
  const isUpload = { match: ({ method }: { method: string }) => method === 'POST' };
  const reader: ExdataFileReader = { open: () => Readable.from([content]) };

  it('goes out anew with what is given; what is left out stays, and null takes away', async () => {
    const at = await started({}, { extras: { providers: [{ provide: EXDATA_FILE_READER, useValue: reader }] } });
    at.sandbox.faults.request(refused, isUpload);
    const fields = { locale: 'xx', customTypes: [' memo ', 'note'], text: 'for the record' };
    await at.uploads.submit({ source: source('E-1'), file: { reference: 'k' }, filename: 'letter.txt', ...fields });
    const before = await at.documents.waitFor(source('E-1'), { until: 'rejected', timeoutMs: patienceMs });
    expect(before).toMatchObject({ ...fields, customTypes: ['memo', 'note'] });
    const reason = 'the locale was wrong';
    const next = await at.uploads.resubmit(source('E-1'), {
      reason,
      locale: 'de',
      customTypes: null,
      filename: 'Brief.txt',
    });
    const after = {
      locale: 'de',
      customTypes: null,
      text: 'for the record',
      filename: 'Brief.txt',
      reference: 'k',
      sha256,
      reason,
    };
    expect(next).toMatchObject({ generation: 2, ...after });
    expect(await pending(at, 'E-1')).toMatchObject(after);
  });

  it('goes out anew with its file, whose bytes were erased', async () => {
    const at = await started();
    at.sandbox.faults.request(refused, isUpload);
    await at.uploads.submit({ source: source('E-2'), file: content, filename: 'letter.txt', locale: 'xx' });
    await at.documents.waitFor(source('E-2'), { until: 'rejected', timeoutMs: patienceMs });
    await at.uploads.resubmit(source('E-2'), {
      reason: 'no locale',
      file: content,
      filename: 'letter.txt',
      locale: null,
    });
    expect(await pending(at, 'E-2')).toMatchObject({ generation: 2, locale: null, sha256 });
  });

  it.each<[string, object | undefined]>([
    ['reason', undefined],
    ['reason', { reason: ' ' }],
    ['locale', { reason: 'again', locale: '-' }],
    ['customTypes.0', { reason: 'again', customTypes: [' '] }],
    ['file', { reason: 'again', file: null }],
  ])('is left alone where the %s of %j is no good', async (field, given) => {
    const at = await started({}, { extras: { providers: [{ provide: EXDATA_FILE_READER, useValue: reader }] } });
    at.sandbox.faults.request(refused, isUpload);
    await at.uploads.submit({ source: source('E-3'), file: { reference: 'k' }, filename: 'letter.txt' });
    await at.documents.waitFor(source('E-3'), { until: 'rejected', timeoutMs: patienceMs });
    await expect(at.uploads.resubmit(source('E-3'), given as never)).rejects.toMatchObject({
      code: 'invalid_input',
      field,
    });
    await expect(at.uploads.resubmit(source('E-3'), { reason: 'again', filename: 'a.pdf' })).rejects.toMatchObject({
      code: 'file_name_mismatch',
    });
    expect(await at.documents.generations(source('E-3'))).toHaveLength(1);
  });
});

/** A spool as a host may write it. */
class MemorySpool implements ExdataSpool {
  readonly shared = false;
  readonly kept = new Map<string, Buffer>();
  cleaned = 0;

  async write(id: string, from: Readable, maxBytes: number): Promise<ExdataSpooled> {
    const reading = new ExdataFileReading(from, maxBytes);
    const chunks: Buffer[] = [];
    for await (const chunk of reading.chunks()) chunks.push(chunk);
    this.kept.set(id, Buffer.concat(chunks));
    return reading.spooled();
  }
  open(id: string): Readable {
    return Readable.from([this.kept.get(id) ?? Buffer.alloc(0)]);
  }
  erase(id: string): Promise<void> {
    this.kept.delete(id);
    return Promise.resolve();
  }
  clean(): Promise<void> {
    this.cleaned++;
    return Promise.resolve();
  }
}
