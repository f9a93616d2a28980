import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import busboy from 'busboy';
import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { ExdataApi, ExdataRequestError, ExdataUploadStreamError } from './index.js';
import type { ExdataDocumentUpload, ExdataError } from './index.js';

let server: Server;
let api: ExdataApi;
let baseUrl: string;
/** Of the test's own request: a broken-off one of the test before may still be on its way. */
let requestId = 'req_0';
let headers: IncomingHttpHeaders | undefined;
/** Requests of the test that came to their end. */
let whole: number;
/** Settled when the test's request has come whole, with its bytes, or was broken off, with null. */
let arrived: Promise<Buffer | null>;
let arrive: (body: Buffer | null) => void;

beforeAll(async () => {
  server = createServer((request, response) => {
    const own = request.headers['x-request-id'] === requestId;
    const tell = own ? arrive : (): void => undefined;
    if (own) headers = request.headers;
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('error', () => tell(null));
    request.on('end', () => {
      if (own) whole += 1;
      tell(Buffer.concat(chunks));
      response.writeHead(201).end('{"data":{"id":1,"status":"pending"}}');
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  api = new ExdataApi({
    baseUrl,
    token: 'tok',
    newRequestId: () => requestId,
    newBoundary: () => 'BOUNDARY',
  });
});

let tests = 0;
beforeEach(() => {
  requestId = `req_${(tests += 1)}`;
  headers = undefined;
  whole = 0;
  arrived = new Promise((resolve) => (arrive = resolve));
});

afterAll(async () => {
  await api.close();
  server.close();
});

const content = Buffer.from('%PDF-1.7\r\n--BOUNDAR\u0000\u00ff', 'latin1');
const sha256 = createHash('sha256').update(content).digest('hex');
const inChunks = (bytes: Buffer, length = 4): Readable =>
  Readable.from(
    Array.from({ length: Math.ceil(bytes.length / length) }, (_, at) => bytes.subarray(at * length, (at + 1) * length)),
  );
const upload = (more: Partial<ExdataDocumentUpload> = {}): ExdataDocumentUpload => ({
  file: { open: () => inChunks(content), size: content.length, sha256 },
  filename: 'invoice.pdf',
  ...more,
});
const send = (more: Partial<ExdataDocumentUpload> = {}, idempotencyKey = 'key-1') =>
  api.documents.create(upload(more), { idempotencyKey });
const failureOf = (call: Promise<unknown>): Promise<ExdataError> =>
  call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: unknown) => error as ExdataError,
  );

interface Parsed {
  readonly fields: [string, string][];
  readonly files: { name: string; filename: string | undefined; mimeType: string; bytes: Buffer }[];
}

/** The same bytes, as a parser of other people reads them. */
async function parsed(): Promise<Parsed> {
  const body = await arrived;
  if (body === null || headers === undefined) throw new Error('no whole request came');
  const result: Parsed = { fields: [], files: [] };
  const parser = busboy({ headers, defParamCharset: 'utf8' });
  parser.on('field', (name, value) => result.fields.push([name, value]));
  parser.on('file', (name, stream, { filename, mimeType }) => {
    const chunks: Buffer[] = [];
    stream
      .on('data', (chunk: Buffer) => chunks.push(chunk))
      .on('end', () => result.files.push({ name, filename, mimeType, bytes: Buffer.concat(chunks) }));
  });
  const done = new Promise<void>((resolve, reject) => parser.once('close', () => resolve()).once('error', reject));
  parser.end(body);
  await done;
  return result;
}

describe('an upload on the wire', () => {
  it('is multipart/form-data to the byte, with its length known', async () => {
    const { status, data } = await send({
      contentType: 'application/pdf',
      locale: 'de',
      customTypes: ['invoice', 'letter'],
      text: 'a\r\nb',
      requester: 'row-1',
    });
    expect({ status, id: data.id }).toEqual({ status: 201, id: '1' });
    const text = (name: string, value: string): string =>
      `--BOUNDARY\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    const expected = Buffer.concat([
      Buffer.from(
        text('text', 'a\r\nb') +
          text('custom_types[]', 'invoice') +
          text('custom_types[]', 'letter') +
          text('requester', 'row-1') +
          text('locale', 'de'),
      ),
      Buffer.from(
        '--BOUNDARY\r\nContent-Disposition: form-data; name="file"; filename="invoice.pdf"\r\nContent-Type: application/pdf\r\n\r\n',
      ),
      content,
      Buffer.from('\r\n--BOUNDARY--\r\n'),
    ]);
    expect(await arrived).toEqual(expected);
    expect(headers).toMatchObject({
      'content-length': String(expected.length),
      'content-type': 'multipart/form-data; boundary=BOUNDARY',
      'idempotency-key': 'key-1',
    });
    expect(headers).not.toHaveProperty('transfer-encoding');
  });

  it('is read alike by an independent parser', async () => {
    await send({ filename: 'Rechnung Müller 請求書.pdf', text: 'süß "quoted" 😀', customTypes: ['a', 'b'] });
    expect(await parsed()).toEqual({
      fields: [
        ['text', 'süß "quoted" 😀'],
        ['custom_types[]', 'a'],
        ['custom_types[]', 'b'],
      ],
      files: [
        { name: 'file', filename: 'Rechnung Müller 請求書.pdf', mimeType: 'application/octet-stream', bytes: content },
      ],
    });
  });

  it('may be empty', async () => {
    await send({ file: { open: () => Readable.from([]), size: 0 } });
    expect((await parsed()).files[0]?.bytes).toHaveLength(0);
  });

  it('opens a fresh stream for each attempt', async () => {
    let opened = 0;
    const file = { size: content.length, open: () => ((opened += 1), inChunks(content)) };
    await send({ file });
    await send({ file });
    expect(opened).toBe(2);
  });

  it('has a boundary that no one can foresee', async () => {
    const own = new ExdataApi({
      baseUrl,
      token: 'tok',
      newRequestId: () => requestId,
    });
    const seen = new Set<string | undefined>();
    for (let attempt = 0; attempt < 3; attempt++) {
      await own.documents.create(upload(), { idempotencyKey: 'k' });
      seen.add(headers?.['content-type']);
    }
    expect(seen.size).toBe(3);
    await own.close();
  });

  it('tells of its progress', async () => {
    const seen: [number, number][] = [];
    await api.documents.create(upload(), {
      idempotencyKey: 'k',
      onProgress: (sent, total) => seen.push([sent, total]),
    });
    expect(seen.map(([sent]) => sent)).toEqual([4, 8, 12, 16, 20, 21].filter((sent) => sent <= content.length));
    expect(new Set(seen.map(([, total]) => total))).toEqual(new Set([content.length]));
  });

  it.each<[string, number, number, number[]]>([
    ['each 1 %, and the end', 0, 1005, [...Array.from({ length: 91 }, (_, at) => (at + 1) * 11), 1005]],
    ['each 100 ms, where 1 % takes longer', 20, 1005, [...Array.from({ length: 201 }, (_, at) => at * 5 + 4), 1005]],
  ])('tells of %s: no more often', async (_, msPerByte, size, expected) => {
    let time = 0;
    const own = new ExdataApi({ baseUrl, token: 'tok', newRequestId: () => requestId, now: () => time });
    async function* open(): AsyncGenerator<Uint8Array> {
      for (let byte = 0; byte < size; byte++) {
        time += msPerByte;
        yield await Promise.resolve(Buffer.of(byte));
      }
    }
    const seen: number[] = [];
    await own.documents.create(upload({ file: { open, size } }), {
      idempotencyKey: 'k',
      onProgress: (sent) => seen.push(sent),
    });
    expect(seen).toEqual(expected);
    await own.close();
  });

  it('ends with what the progress callback throws', async () => {
    const thrown = new Error('no more');
    const call = api.documents.create(upload(), {
      idempotencyKey: 'k',
      onProgress: () => {
        throw thrown;
      },
    });
    expect(await failureOf(call)).toBe(thrown);
    expect(await arrived).toBeNull();
  });

  it('reads on only as the connection takes it', async () => {
    let given = 0;
    const chunk = Buffer.alloc(1024 * 1024);
    const total = 64;
    async function* many(): AsyncGenerator<Uint8Array> {
      for (; given < total; given++) yield await Promise.resolve(chunk);
    }
    const slow = createServer((request) => {
      request.pause();
      request.once('readable', () => reached());
    });
    let reached: () => void = () => undefined;
    const begun = new Promise<void>((resolve) => (reached = resolve));
    await new Promise<void>((resolve) => slow.listen(0, '127.0.0.1', resolve));
    const own = new ExdataApi({ baseUrl: `http://127.0.0.1:${(slow.address() as AddressInfo).port}`, token: 'tok' });
    const stop = new AbortController();
    const call = failureOf(
      own.documents.create(upload({ file: { open: many, size: total * chunk.length } }), {
        idempotencyKey: 'k',
        signal: stop.signal,
      }),
    );
    await begun;
    // Once turn after turn of the event loop moves nothing more, the buffers of the connection are full.
    for (let still = 0, before = -1; still < 50; before = given) {
      await new Promise((resolve) => setImmediate(resolve));
      still = given === before ? still + 1 : 0;
    }
    expect(given).toBeLessThan(total / 2);
    stop.abort();
    await call;
    slow.closeAllConnections();
    slow.close();
    await own.close();
  });
});

describe('a file that is not the announced one', () => {
  const cases: [string, Partial<ExdataDocumentUpload['file']>, string][] = [
    ['too short', { size: content.length + 1 }, 'file_too_short'],
    ['too long', { size: content.length - 1 }, 'file_too_long'],
    ['too long by a chunk', { size: 4 }, 'file_too_long'],
    ['empty', { open: () => Readable.from([]) }, 'file_too_short'],
    ['of other bytes', { open: () => inChunks(Buffer.alloc(content.length)) }, 'file_digest_mismatch'],
    [
      'a stream that fails',
      {
        open: () =>
          new Readable({
            read() {
              this.destroy(new Error('disk'));
            },
          }),
      },
      'file_unreadable',
    ],
    [
      'a file that cannot be opened',
      {
        open: () => {
          throw new Error('disk');
        },
      },
      'file_unreadable',
    ],
    ['a stream of text', { open: () => inChunks(content).setEncoding('utf8') }, 'file_unreadable'],
  ];

  it.each(cases)('%s: the request is broken off before its end', async (_, file, code) => {
    const error = await failureOf(send({ file: { ...upload().file, ...file } }));
    expect(error).toBeInstanceOf(ExdataUploadStreamError);
    expect(error).toMatchObject({ code, mayHaveCreatedDocument: false, retryable: code === 'file_unreadable' });
    await send();
    expect(whole).toBe(1);
  });

  it('lets go of the stream', async () => {
    const stream = inChunks(content);
    await failureOf(send({ file: { open: () => stream, size: 4 } }));
    expect(stream.destroyed).toBe(true);
  });
});

describe('what could break out of its place', () => {
  it.each([
    ['a\r\nX-Evil: 1.pdf', 'aX-Evil: 1.pdf'],
    ['a"; name="text', 'a; name=text'],
    ['../../etc/passwd', 'passwd'],
    ['C:\\Users\\me\\r.pdf', 'r.pdf'],
    ['a\u0000b\u007f\u0085.pdf', 'ab.pdf'],
    ['exe.\u202Efdp', 'exe.fdp'],
    ['..', 'document'],
    ['dir/', 'document'],
    ['', 'document'],
    ["O'Brien & Söhne; 100%.pdf", "O'Brien & Söhne; 100%.pdf"],
  ])('the file name %j arrives as %j', async (filename, expected) => {
    await send({ filename });
    expect((await parsed()).files).toMatchObject([{ name: 'file', filename: expected }]);
  });

  it('values cannot end their part', async () => {
    const evil = '\r\n--BOUNDAR\r\nContent-Disposition: form-data; name="file"\r\n\r\nx';
    await send({ text: evil, requester: evil, locale: evil });
    expect((await parsed()).fields).toEqual([
      ['text', evil],
      ['requester', evil],
      ['locale', evil],
    ]);
  });

  it.each<[string, () => Promise<unknown>]>([
    ['idempotencyKey', () => api.documents.create(upload(), {} as never)],
    ['idempotencyKey', () => send({}, '')],
    ['idempotencyKey', () => send({}, 'x'.repeat(256))],
    ['idempotencyKey', () => send({}, 'k\r\nX-Evil: 1')],
    ['idempotencyKey', () => send({}, 'schlüssel')],
    ['idempotencyKey', () => send({}, ' k')],
    ['requestId', () => api.ping({ requestId: 'r\nX-Evil: 1' })],
    ['requestId', () => api.ping({ requestId: 'x'.repeat(129) })],
    ['timeoutMs', () => api.ping({ timeoutMs: 0 })],
    ['timeoutMs', () => api.ping({ timeoutMs: 2 ** 31 })],
    ['attempts', () => api.ping({ attempts: 0 })],
    ['attempts', () => api.ping({ attempts: 101 })],
    ['contentType', () => send({ contentType: 'a/b\r\nX-Evil: 1' })],
    ['contentType', () => send({ contentType: 'pdf' })],
    ['file.size', () => send({ file: { ...upload().file, size: -1 } })],
    ['file.size', () => send({ file: { ...upload().file, size: 1.5 } })],
    ['file.sha256', () => send({ file: { ...upload().file, sha256: 'ABC' } })],
    ['token', () => new ExdataApi({ baseUrl: 'http://127.0.0.1:1', token: 'tok\n' }).ping()],
  ])('%s is checked before anything is sent', async (name, call) => {
    const error = await failureOf(call());
    expect(error).toBeInstanceOf(ExdataRequestError);
    expect(error).toMatchObject({
      code: 'invalid_request',
      field: name,
      retryable: false,
      resend: 'no',
      mayHaveCreatedDocument: false,
    });
    expect(error.message).toContain(name);
    expect(error.message).not.toContain('Evil');
    expect(headers).toBeUndefined();
  });

  it('a key may be as long as exdata takes, and a media type may have parameters', async () => {
    await send({ contentType: 'text/xml; charset="utf-8"' }, 'x'.repeat(255));
    expect((await parsed()).files).toMatchObject([{ mimeType: 'text/xml' }]);
  });
});
