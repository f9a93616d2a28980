import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createConnection } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { buffer } from 'node:stream/consumers';
import { Controller, Post, Req, UploadedFile, UseFilters, UseInterceptors } from '@nestjs/common';
import type { CallHandler, ExecutionContext, NestInterceptor, Type } from '@nestjs/common';
import { FileInterceptor as expressFile } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { FileInterceptor as fastifyFile } from '@nestjs/platform-fastify/multipart';
import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import {
  EXDATA_FILE_READER,
  EXDATA_SPOOL,
  ExdataInputError,
  ExdataUploadErrorsFilter,
  ExdataUploadService,
  ExdataFileReading,
} from 'nestjs-exdata';
import type { ExdataSpool } from 'nestjs-exdata';
import { DataSource } from 'typeorm';
import { platforms, Receiver } from '../webhooks/receiver.js';
import type { Platform } from '../webhooks/receiver.js';

const pdf = (text: string): Blob => new Blob([`%PDF-1.7 ${text}`]);
let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'exdata-refusals-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** Takes what it is given, or fails as it is told. */
class FickleSpool implements ExdataSpool {
  readonly shared = true;
  fault: Error | null = null;

  async write(_id: string, from: Parameters<ExdataSpool['write']>[1], maxBytes: number) {
    if (this.fault) throw this.fault;
    const reading = new ExdataFileReading(from, maxBytes);
    const chunks = reading.chunks();
    while ((await chunks.next()).done !== true);
    return reading.spooled();
  }

  open(): never {
    throw new Error('nothing is sent here');
  }

  async erase(): Promise<void> {
    await Promise.resolve();
  }

  async clean(): Promise<void> {
    await Promise.resolve();
  }
}

const fault = (code: string): Error => Object.assign(new Error('/secret/path'), { code, syscall: 'open' });

/** Opens nothing, and fails as it is told. */
const reader = {
  fault: null as Error | null,
  open: () => Promise.reject(reader.fault ?? new Error('nothing is read here')),
};

async function belowAFile(): Promise<string> {
  await writeFile(path.join(folder, 'a-file'), '');
  return path.join(folder, 'a-file', 'invoice.pdf');
}

interface Store {
  path: string | null;
  reference: string | null;
  fault: Error | null;
}

/** A route as hosts write it: a multipart form whose file goes to the module. */
function controllerFor(fileInterceptor: Type<NestInterceptor>, store: Store): Type {
  /** Fails as a form's own storage does. */
  class Storage implements NestInterceptor {
    intercept(_context: ExecutionContext, next: CallHandler) {
      if (store.fault) throw store.fault;
      return next.handle();
    }
  }
  @Controller('invoices')
  @UseFilters(ExdataUploadErrorsFilter)
  class InvoicesController {
    constructor(private readonly uploads: ExdataUploadService) {}

    @Post()
    @UseInterceptors(Storage, fileInterceptor)
    async take(
      @UploadedFile() file: { buffer: Buffer; originalname: string },
      @Req() request: { headers: Record<string, string> },
    ) {
      const id = decodeURIComponent(request.headers['x-source'] ?? 'INV-1');
      const from = store.path ?? (store.reference === null ? file.buffer : { reference: store.reference });
      const { created } = await this.uploads.submit({
        source: { type: 'invoice', id },
        file: from,
        filename: file.originalname,
      });
      return { created };
    }
  }
  return InvoicesController;
}

describe.each(platforms)('a host on %s', (platform: Platform) => {
  const spool = new FickleSpool();
  const store: Store = { path: null, reference: null, fault: null };
  let host: Receiver;
  beforeAll(async () => {
    const fileInterceptor = platform === 'Express' ? expressFile('file') : fastifyFile('file');
    host = await Receiver.start(platform, {
      controllers: [controllerFor(fileInterceptor, store)],
      ...(platform === 'Fastify' && { adapter: new FastifyAdapter({ multipart: true }) }),
      options: { upload: { maxBytes: 100_000 } },
      extras: {
        providers: [
          { provide: EXDATA_SPOOL, useValue: spool },
          { provide: EXDATA_FILE_READER, useValue: reader },
        ],
      },
    });
  });
  afterAll(() => host.close());

  const url = (): string => new URL('/invoices', host.url).href;
  const post = async (file: Blob, { source = 'INV-1', filename = 'invoice.pdf' } = {}) => {
    const form = new FormData();
    form.append('file', file, filename);
    const answer = await fetch(url(), {
      method: 'POST',
      body: form,
      headers: { 'x-source': encodeURIComponent(source) },
    });
    return { status: answer.status, retryAfter: answer.headers.get('retry-after'), body: await answer.json() };
  };
  const failing = async <T>(what: { fault: Error | null }, fault: Error, call: () => Promise<T>): Promise<T> => {
    what.fault = fault;
    return call().finally(() => (what.fault = null));
  };

  it('takes a file', async () => {
    expect(await post(pdf('one'))).toMatchObject({ status: 201, body: { created: true } });
  });

  it.each<[string, number, object, () => ReturnType<typeof post>]>([
    ['an empty file', 422, { code: 'file_empty', field: 'file' }, () => post(new Blob([]))],
    ['a file of another type', 422, { code: 'file_type', field: 'file' }, () => post(new Blob(['MZ\x90\0\0\0']))],
    [
      'a name that belies it',
      422,
      { code: 'file_name_mismatch', field: 'file' },
      () => post(pdf('x'), { filename: 'a.exe' }),
    ],
    ['a file over the limit', 413, { code: 'file_too_large', field: 'file' }, () => post(pdf('x'.repeat(200_000)))],
    ['a source that was sent with other bytes', 409, { code: 'source_conflict' }, () => post(pdf('other'))],
    [
      'a source that is a dot',
      422,
      { code: 'invalid_input', field: 'source.id' },
      () => post(pdf('x'), { source: '.' }),
    ],
    [
      'a source that is two',
      422,
      { code: 'invalid_input', field: 'source.id' },
      () => post(pdf('x'), { source: '..' }),
    ],
    [
      'a source with a control character',
      422,
      { code: 'invalid_input', field: 'source.id' },
      () => post(pdf('x'), { source: 'a\nb' }),
    ],
  ])('refuses %s with %i', async (_, status, body, call) => {
    const answer = await call();
    expect(answer).toMatchObject({ status, retryAfter: null, body: { ...body, message: expect.any(String) } });
  });

  it.each(['...', '. .', '%2e', '.%2e', 'a/../b', ' ', 'ä b?#c\\'])(
    'takes the source %j, which addresses can carry',
    async (source) => {
      expect(await post(pdf('a source'), { source })).toMatchObject({ status: 201 });
    },
  );

  it('answers 503 with a wait where the spool has no room', async () => {
    const noRoom = Object.assign(new Error('/secret/path'), { code: 'ENOSPC', syscall: 'write' });
    const answer = await failing(spool, noRoom, () => post(pdf('x'), { source: 'INV-2' }));
    expect(answer).toMatchObject({
      status: 503,
      retryAfter: '30',
      body: { code: 'spool_full', message: expect.stringContaining('ENOSPC') },
    });
    expect(JSON.stringify(answer)).not.toContain('secret');
    expect(answer.body).not.toHaveProperty('field');
    expect(await post(pdf('x'), { source: 'INV-2' })).toMatchObject({ status: 201 });
  });

  it.each<[string, string, () => string | Promise<string>]>([
    ['is not there', 'ENOENT', () => path.join(folder, 'not-there.pdf')],
    ['is a folder', 'EISDIR', () => folder],
    ['lies below a file', 'ENOTDIR', () => belowAFile()],
  ])(
    'answers 503 with the code alone for a path that %s: whose fault it is the module cannot know',
    async (_, code, at) => {
      store.path = await at();
      const answer = await post(pdf('x'), { source: 'INV-4' }).finally(() => (store.path = null));
      expect(answer).toMatchObject({
        status: 503,
        retryAfter: '5',
        body: { code: 'file_unreadable', message: expect.stringContaining(code) },
      });
      expect(JSON.stringify(answer)).not.toContain(folder);
      expect(answer.body).not.toHaveProperty('field');
    },
  );

  it.each<[string, number, object, Error]>([
    ['throws', 503, { code: 'file_unreadable' }, new Error('/secret/path')],
    ['may not read', 503, { code: 'file_unreadable', message: expect.stringContaining('EACCES') }, fault('EACCES')],
    [
      'says that the reference leads nowhere',
      422,
      { code: 'invalid_input', field: 'file.reference' },
      new ExdataInputError('file.reference', 'leads nowhere'),
    ],
  ])('answers for a file reader of the host’s that %s with %i', async (_, status, body, thrown) => {
    store.reference = 'customer/7';
    const answer = await failing(reader, thrown, () => post(pdf('x'), { source: 'INV-5' })).finally(
      () => (store.reference = null),
    );
    expect(answer).toMatchObject({ status, body });
    expect(JSON.stringify(answer)).not.toContain('secret');
  });

  it('answers 503 where the file cannot be read, and where a form cannot be stored', async () => {
    store.path = path.join(folder, 'not-there.pdf');
    const unread = await post(pdf('x'), { source: 'INV-3' }).finally(() => (store.path = null));
    expect(unread).toMatchObject({ status: 503, retryAfter: '5', body: { code: 'file_unreadable' } });
    await writeFile(path.join(folder, 'file'), '');
    const full = Object.assign(new Error('/secret/path'), { code: 'ENOSPC', syscall: 'write' });
    const unstored = await failing(store, full, () => post(pdf('x'), { source: 'INV-3' }));
    expect(unstored).toMatchObject({ status: 503, retryAfter: '5', body: { code: 'storage_failed' } });
    expect(JSON.stringify(unstored)).not.toContain('secret');
  });

  it('answers anything else as Nest does', async () => {
    const answer = await failing(store, new Error('a fault of the host’s'), () => post(pdf('x')));
    expect(answer).toMatchObject({ status: 500, body: { statusCode: 500 } });
    expect(host.lines.join('\n')).toContain('a fault of the host’s');
  });

  it('tells nobody in the night of senders who go away', async () => {
    const before = host.lines.length;
    for (let sent = 0; sent < 20; sent++) await broken(new URL(url()));
    // Whatever was to be told of them has been by the time that another is answered.
    expect(await post(pdf('one'))).toMatchObject({ status: 201 });
    const told = host.lines.slice(before).filter((line) => /abort|broken|stack|Error/i.test(line));
    expect(told.length).toBeLessThanOrEqual(1);
    for (const line of told) expect(line).toMatch(/^upload\.broken_off count=\d+$/);
  });
});

/** Begins to send a form, and goes away. */
function broken({ hostname, port }: URL): Promise<void> {
  const head = [
    'POST /invoices HTTP/1.1',
    'Host: host',
    'Content-Type: multipart/form-data; boundary=bb',
    'Content-Length: 100000',
  ];
  const part = ['--bb', 'Content-Disposition: form-data; name="file"; filename="a.pdf"', '', '%PDF-1.7'];
  return new Promise((resolve) => {
    const socket = createConnection({ host: hostname, port: Number(port) }, () => {
      socket.write([...head, '', ...part].join('\r\n'), () => socket.destroy());
    });
    socket.once('close', () => resolve());
  });
}

describe('a spool in a database that refuses the ledger’s row', () => {
  it('keeps the file no longer than its submission', async () => {
    const host = await Receiver.start('Express', { options: { upload: { spool: 'database' } } });
    try {
      const spool = host.app.get<ExdataSpool>(EXDATA_SPOOL);
      const write = jest.spyOn(spool, 'write');
      await host.app.get(DataSource).query('alter table exdata_document rename to away');
      const file = Buffer.from('%PDF-1.7 one');
      const submission = host.app.get(ExdataUploadService).submit({ source: { type: 'invoice', id: 'INV-1' }, file });
      await expect(submission).rejects.toThrow('no such table: exdata_document');
      expect(write).toHaveBeenCalledTimes(1);
      const [id = ''] = write.mock.calls[0] ?? [];
      await expect(buffer(spool.open(id))).rejects.toMatchObject({
        code: 'ENOENT',
        message: expect.stringContaining(id),
      });
    } finally {
      await host.close();
    }
  });
});
