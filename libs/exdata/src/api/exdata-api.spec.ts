import { createHash } from 'node:crypto';
import { createServer } from 'node:http';
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import busboy from 'busboy';
import {
  ExdataApi,
  ExdataApiError,
  ExdataAuthenticationError,
  ExdataConfigurationError,
  ExdataConflictError,
  ExdataConnectionError,
  ExdataInsufficientCreditsError,
  ExdataNotFoundError,
  ExdataPermissionError,
  ExdataProtocolError,
  ExdataRateLimitError,
  ExdataRequestError,
  ExdataServerError,
  ExdataTimeoutError,
  ExdataValidationError,
  fieldOf,
  version,
} from './index.js';
import type { DocumentUpload, ExdataError } from './index.js';

const token = 'a_token_that_must_not_be_seen';

/** A real HTTP server that answers as each test says. */
class Scripted {
  answer: (request: IncomingMessage, response: ServerResponse, body: Buffer) => void = (_request, response) => response.end();
  readonly requests: IncomingMessage[] = [];
  body = Buffer.alloc(0);
  private constructor(readonly server: Server) {}

  static async listen(): Promise<Scripted> {
    const scripted = new Scripted(createServer());
    scripted.server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      scripted.requests.push(request);
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        scripted.body = Buffer.concat(chunks);
        scripted.answer(request, response, scripted.body);
      });
    });
    await new Promise<void>((resolve) => scripted.server.listen(0, '127.0.0.1', resolve));
    return scripted;
  }

  get origin(): string {
    return `http://127.0.0.1:${String((this.server.address() as AddressInfo).port)}`;
  }

  json(status: number, body: unknown, headers: Record<string, string> = {}): void {
    this.answer = (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json', 'x-request-id': 'req_server', ...headers });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

let exdata: Scripted;
let api: ExdataApi;
beforeEach(async () => {
  exdata = await Scripted.listen();
  api = new ExdataApi({
    baseUrl: `${exdata.origin}/api/v1/`,
    token,
    maxResponseBytes: 10_000,
    now: () => Date.parse('2026-05-10T01:00:00Z'),
    newRequestId: () => 'req_ours',
  });
});
afterEach(async () => {
  await api.close();
  await exdata.close();
});

const bytes = Buffer.from('%PDF-1.4 some bytes of a document');
const upload = (more: Partial<DocumentUpload> = {}): DocumentUpload => ({
  file: {
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    async *open() {
      yield await Promise.resolve(bytes.subarray(0, 10));
      yield bytes.subarray(10);
    },
  },
  filename: 'invoice.pdf',
  ...more,
});
const failure = async (call: Promise<unknown>): Promise<ExdataError> =>
  call.then(
    () => {
      throw new Error('the call succeeded');
    },
    (error: unknown) => error as ExdataError,
  );

describe('requests', () => {
  it('carry token, request id and accept to the path below the base URL', async () => {
    exdata.json(200, { data: { pong: true } });
    await expect(api.ping({ requestId: 'req_mine' })).resolves.toMatchObject({ status: 200, requestId: 'req_server' });
    expect(exdata.requests[0]).toMatchObject({
      url: '/api/v1/ping',
      headers: {
        authorization: `Bearer ${token}`,
        accept: 'application/json',
        'x-request-id': 'req_mine',
        'user-agent': `nestjs-exdata/${version}`,
      },
    });
  });

  it('give our request id where the server names none', async () => {
    exdata.answer = (_request, response) => response.end('{}');
    await expect(api.ping()).resolves.toMatchObject({ requestId: 'req_ours' });
  });

  it.each(['', 'a b', 'x\r\ny: z', 'ü', 'k'.repeat(256)])(
    'refuse the idempotency key %j before anything leaves',
    async (idempotencyKey) => {
      const error = await failure(api.documents.create(upload(), { idempotencyKey }));
      expect(error).toBeInstanceOf(ExdataRequestError);
      expect(error.message).toContain('idempotencyKey must be 1 to 255');
      expect(exdata.requests).toHaveLength(0);
    },
  );

  it('encode ids, and refuse an empty one', async () => {
    exdata.json(200, { data: { id: 1, status: 'pending' } });
    await api.documents.get('../ping?x=1');
    expect(exdata.requests[0]?.url).toBe('/api/v1/documents/..%2Fping%3Fx%3D1');
    await expect(failure(api.documents.get(''))).resolves.toBeInstanceOf(ExdataRequestError);
  });

  it.each(['ftp://x/', 'no url', 'https://user:secret@x/', 'https://x/?a=1'])('refuse the base URL %s', (baseUrl) => {
    expect(() => new ExdataApi({ baseUrl, token })).toThrow(ExdataConfigurationError);
  });
});

describe('an upload', () => {
  it('is framed with a known length, and reads as sent', async () => {
    exdata.json(201, { data: { id: 123, status: 'pending' } });
    const sent = upload({
      filename: '../x/Rechnung "Ä"\r\n.pdf',
      contentType: 'application/pdf',
      locale: 'de',
      customTypes: ['invoice', 'memo'],
      text: 'a\r\nb',
      requester: 'nxd_1',
    });
    const answer = await api.documents.create(sent, { idempotencyKey: 'key-1' });
    expect(answer.data).toMatchObject({ id: '123', status: 'pending' });
    const headers = exdata.requests[0]?.headers ?? {};
    expect(headers).toMatchObject({ 'idempotency-key': 'key-1', 'content-length': String(exdata.body.length) });
    const parts: [string, string][] = [];
    const reader = busboy({ headers, defParamCharset: 'utf8' });
    reader.on('field', (name, value) => parts.push([name, value]));
    reader.on('file', (name, file, { filename, mimeType }) => {
      file.on('data', (chunk: Buffer) => parts.push([`${name} ${filename} ${mimeType}`, chunk.toString()]));
    });
    await new Promise((resolve) => reader.on('close', resolve).end(exdata.body));
    expect(parts).toEqual([
      ['text', 'a\r\nb'],
      ['custom_types[]', 'invoice'],
      ['custom_types[]', 'memo'],
      ['requester', 'nxd_1'],
      ['locale', 'de'],
      ['file Rechnung %22Ä%22.pdf application/pdf', bytes.toString()],
    ]);
  });

  it.each([
    ['more bytes', { size: bytes.length - 1 }],
    ['fewer bytes', { size: bytes.length + 1 }],
    ['other bytes', { sha256: '0'.repeat(64) }],
  ])('of %s than announced never ends well', async (_what, other) => {
    exdata.json(201, { data: { id: 1, status: 'pending' } });
    const error = await failure(api.documents.create(upload({ file: { ...upload().file, ...other } }), { idempotencyKey: 'k' }));
    expect(error).toBeInstanceOf(ExdataRequestError);
    expect(error).toMatchObject({ retryable: false, mayHaveCreatedDocument: false });
    expect(exdata.body).toHaveLength(0);
  });
});

describe('failures', () => {
  const body = { message: 'No.', code: 'some_code', request_id: 'req_server' };
  it.each([
    [400, ExdataApiError, false, false],
    [401, ExdataAuthenticationError, false, false],
    [402, ExdataInsufficientCreditsError, false, false],
    [403, ExdataPermissionError, false, false],
    [404, ExdataNotFoundError, false, false],
    [408, ExdataApiError, true, true],
    [409, ExdataConflictError, true, true],
    [413, ExdataApiError, false, false],
    [422, ExdataValidationError, false, false],
    [429, ExdataRateLimitError, true, false],
    [500, ExdataServerError, true, true],
    [503, ExdataServerError, true, true],
  ])(
    '%i is told by its class, whether it may be repeated, whether a document may exist',
    async (status, type, retryable, mayHaveCreatedDocument) => {
      exdata.json(status, body);
      const error = await failure(api.documents.create(upload(), { idempotencyKey: 'k' }));
      expect(error).toBeInstanceOf(type);
      expect(error).toMatchObject({
        name: type.name,
        status,
        code: 'some_code',
        requestId: 'req_server',
        retryable,
        mayHaveCreatedDocument,
      });
    },
  );

  it('422 gives the messages by field, an empty list being an empty map', async () => {
    exdata.json(422, { ...body, errors: { file: ['Too large.'], locale: 'Unknown.' } });
    await expect(failure(api.ping())).resolves.toMatchObject({ fields: { file: ['Too large.'], locale: ['Unknown.'] } });
    exdata.json(422, { ...body, errors: [] });
    await expect(failure(api.ping())).resolves.toMatchObject({ fields: {} });
  });

  it.each([
    [{ ...body, data: { id: 7, status: 'blocked' } }, '7'],
    [{ ...body, document: { id: '8' } }, '8'],
    [{ ...body, id: 9, status: 'blocked' }, '9'],
    [body, undefined],
  ])('402 keeps the id of the blocked document, wherever it stands', async (answer, documentId) => {
    exdata.json(402, answer);
    expect((await failure(api.ping())).documentId).toBe(documentId);
  });

  it.each([
    [{ 'retry-after': '3' }, {}, 3_000],
    [{ 'retry-after': 'Sun, 10 May 2026 01:00:05 GMT' }, {}, 5_000],
    [{ 'retry-after': 'Sun, 10 May 2026 00:00:00 GMT' }, {}, 0],
    [{ 'retry-after': '3' }, { retry_after: 9 }, 3_000],
    [{}, { retry_after: 9 }, 9_000],
    [{ 'retry-after': 'soon' }, {}, undefined],
    [{}, {}, undefined],
  ])('429 with %j and %j waits %j ms', async (headers, more, retryAfterMs) => {
    exdata.json(429, { ...body, ...more }, headers);
    expect((await failure(api.ping())).retryAfterMs).toBe(retryAfterMs);
  });

  it('a page that is no JSON keeps its status and request id', async () => {
    exdata.json(502, '<html>Bad gateway</html>');
    await expect(failure(api.ping())).resolves.toMatchObject({ name: 'ExdataServerError', code: 'http_502', requestId: 'req_server' });
  });

  it('a redirect is not followed; the error says where it pointed', async () => {
    const other = await Scripted.listen();
    exdata.json(307, '', { location: `${other.origin}/api/v1/ping` });
    const error = await failure(api.ping());
    expect(error).toBeInstanceOf(ExdataProtocolError);
    expect(error.message).toContain(other.origin);
    expect(other.requests).toHaveLength(0);
    await other.close();
  });

  it.each(['not json', '[]', '{"data":{"status":"pending"}}', '{"data":{"id":1}}', `{"data":"${'x'.repeat(20_000)}"}`])(
    'an answer that is not the contract’s is a protocol error',
    async (text) => {
      exdata.json(201, text);
      const error = await failure(api.documents.create(upload(), { idempotencyKey: 'k' }));
      expect(error).toBeInstanceOf(ExdataProtocolError);
      expect(error).toMatchObject({ retryable: true, mayHaveCreatedDocument: true });
    },
  );

  it('a connection that is cut after the bytes may have made a document; one that is refused has not', async () => {
    exdata.answer = (request) => request.socket.destroy();
    const cut = await failure(api.documents.create(upload(), { idempotencyKey: 'k' }));
    expect(cut).toBeInstanceOf(ExdataConnectionError);
    expect(cut).toMatchObject({ retryable: true, mayHaveCreatedDocument: true, requestId: 'req_ours' });
    await exdata.close();
    const refused = await failure(api.documents.create(upload(), { idempotencyKey: 'k' }));
    expect(refused).toMatchObject({ name: 'ExdataConnectionError', code: 'connection', retryable: true });
    exdata = await Scripted.listen();
  });

  it('no answer in time is a timeout; the caller’s abort is the caller’s reason', async () => {
    exdata.answer = () => undefined;
    await expect(failure(api.ping({ timeoutMs: 30 }))).resolves.toBeInstanceOf(ExdataTimeoutError);
    const caller = new AbortController();
    const reason = new Error('changed my mind');
    const call = failure(api.ping({ signal: caller.signal }));
    caller.abort(reason);
    await expect(call).resolves.toBe(reason);
  });

  it('[C1] no error shows the token', async () => {
    exdata.json(401, body);
    const error = await failure(api.ping());
    expect(inspect(error, { depth: 9 }) + JSON.stringify(error) + String(error.stack)).not.toContain(token);
  });
});

describe('a document', () => {
  it('needs an id and a status; unknown values and keys are kept, wrong types passed over', async () => {
    const wire = {
      id: '9a',
      status: 'archived',
      mode: 5,
      processing_error: { at: 'ocr' },
      custom_types: 'x',
      is_e_invoice: true,
      latest_extraction_run: { id: 77, status: 'pending' },
      brand_new: [1],
    };
    exdata.json(200, { data: wire });
    const { data } = await api.documents.get('9a');
    expect(data).toMatchObject({
      id: '9a',
      status: 'archived',
      mode: undefined,
      processingError: '{"at":"ocr"}',
      customTypes: undefined,
      isEInvoice: true,
      latestExtractionRun: { id: '77' },
    });
    expect(data.raw).toEqual(wire);
  });

  it('has fields with value and candidates, whatever JSON they are; absent is like null', async () => {
    exdata.json(200, {
      data: {
        currency: { value: 'EUR', candidates: null },
        total: { value: null, candidates: [{ text: '1', page: 2 }, 3] },
        odd: 'text',
        bare: {},
      },
    });
    const { data } = await api.documents.extractions('1');
    expect(data.fields).toEqual({
      currency: { value: 'EUR', candidates: null },
      total: { value: null, candidates: [{ text: '1', page: 2 }, 3] },
      odd: { value: null, candidates: null },
      bare: { value: null, candidates: null },
    });
    expect(fieldOf(data, 'iban')).toEqual({ value: null, candidates: null });
    expect(fieldOf(data, 'constructor')).toEqual({ value: null, candidates: null });
  });

  it('without fields comes as an empty list', async () => {
    exdata.json(200, { data: [] });
    expect((await api.documents.extractions('1')).data.fields).toEqual({});
  });
});
