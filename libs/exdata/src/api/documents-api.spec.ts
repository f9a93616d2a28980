import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { IncomingMessage, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { ExdataApi, ExdataProtocolError, ExdataRequestError, exdataFieldOf } from './index.js';
import type { ExdataDocumentData, ExdataError } from './index.js';

let server: Server;
let body: unknown;
let answered: { status: number; headers: Record<string, string> };
let seen: IncomingMessage | undefined;
let api: ExdataApi;
let baseUrl: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    seen = request;
    request.resume().on('end', () => {
      response.writeHead(answered.status, answered.headers);
      response.end(typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`;
  api = new ExdataApi({ baseUrl: `${baseUrl}/`, token: 'tok', newRequestId: () => 'req_ours', retry: { attempts: 1 } });
});

beforeEach(() => {
  answered = { status: 200, headers: { 'x-request-id': 'req_theirs' } };
});

afterAll(async () => {
  await api.close();
  server.close();
});

const failureOf = (call: Promise<unknown>): Promise<ExdataError> =>
  call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: unknown) => error as ExdataError,
  );

const got = async (data: unknown): Promise<ExdataDocumentData> => {
  body = { data };
  return (await api.documents.get('1')).data;
};

describe('a request', () => {
  it('carries the headers of the contract', async () => {
    body = { data: { id: 1, status: 'pending' } };
    const { requestId, status } = await api.documents.get('a b/../c'.replaceAll(' ', '+'), { requestId: 'req_mine' });
    expect({ requestId, status }).toEqual({ requestId: 'req_theirs', status: 200 });
    expect(seen?.url).toBe('/api/v1/documents/a%2Bb%2F..%2Fc');
    expect(seen?.headers).toMatchObject({
      accept: 'application/json',
      authorization: 'Bearer tok',
      'x-request-id': 'req_mine',
    });
    expect(seen?.headers['user-agent']).toMatch(/^nestjs-exdata\/\d+\.\d+\.\d+$/);
  });

  it.each(['', '.', '..', 'a b', 'ä', '1\r\nx: y', 'x'.repeat(256)])('is not sent for the id %j', async (id) => {
    seen = undefined;
    expect(await failureOf(api.documents.get(id))).toMatchObject({
      code: 'invalid_request',
      field: 'id',
      retryable: false,
    });
    for (const call of [api.documents.extractions(id), api.documents.delete(id), api.documents.previews(id)])
      expect(await failureOf(call)).toBeInstanceOf(ExdataRequestError);
    expect(seen).toBeUndefined();
  });

  it('tells of our request id where exdata names none', async () => {
    body = { data: { id: 1, status: 'pending' } };
    answered = { status: 200, headers: {} };
    expect(await api.documents.get('1')).toMatchObject({ requestId: 'req_ours', sentRequestId: 'req_ours' });
  });

  it('asks for the token anew for every call', async () => {
    let calls = 0;
    const rotating = new ExdataApi({ baseUrl, token: () => Promise.resolve(`tok${(calls += 1)}`) });
    await rotating.ping();
    expect(seen?.headers.authorization).toBe('Bearer tok1');
    await rotating.ping();
    expect(seen?.headers.authorization).toBe('Bearer tok2');
    await rotating.close();
  });

  it('keeps the path of the base URL, also when it has none', async () => {
    const bare = new ExdataApi({ baseUrl: new URL(baseUrl).origin, token: 'tok' });
    await bare.ping();
    expect(seen?.url).toBe('/ping');
    await bare.close();
  });
});

describe('ping', () => {
  it.each(['', 'pong', '{}', 'x'.repeat(6 * 1024 * 1024)])(
    'is judged by its status, whatever the body',
    async (text) => {
      body = text;
      expect(await api.ping()).toEqual({
        data: undefined,
        status: 200,
        requestId: 'req_theirs',
        sentRequestId: 'req_ours',
      });
    },
  );
});

describe('a document', () => {
  const sample = {
    id: 123,
    mode: 'test',
    status: 'pending',
    processing_stage: 'queued',
    processing_error: null,
    blocked_reason: null,
    filename: 'invoice.pdf',
    file_format: 'pdf',
    file_size: 240123,
    locale: 'en',
    requester: 'erp',
    custom_types: ['invoice'],
    ai_processing: true,
    is_e_invoice: false,
    latest_extraction_run: {
      id: 456,
      mode: 'test',
      source: 'api',
      status: 'pending',
      blocked_reason: null,
      extraction_schema_version: '2026-05-17',
      extractor_version: 'document:2026-05-17',
      normalization_version: 'base:2026-05-10',
      created_at: '2026-05-10T01:00:03.000000Z',
    },
    created_at: '2026-05-10T01:00:03.000000Z',
    updated_at: '2026-05-10T01:00:04.000000Z',
  };

  it('is read whole', async () => {
    expect(await got({ ...sample, of_tomorrow: [1] })).toEqual({
      id: '123',
      mode: 'test',
      status: 'pending',
      processingStage: 'queued',
      processingError: null,
      blockedReason: null,
      filename: 'invoice.pdf',
      fileFormat: 'pdf',
      fileSize: 240123,
      locale: 'en',
      requester: 'erp',
      customTypes: ['invoice'],
      aiProcessing: true,
      isEInvoice: false,
      createdAt: '2026-05-10T01:00:03.000000Z',
      updatedAt: '2026-05-10T01:00:04.000000Z',
      latestExtractionRun: {
        id: '456',
        mode: 'test',
        source: 'api',
        status: 'pending',
        blockedReason: null,
        schemaVersion: '2026-05-17',
        extractorVersion: 'document:2026-05-17',
        normalizationVersion: 'base:2026-05-10',
        createdAt: '2026-05-10T01:00:03.000000Z',
      },
      raw: { ...sample, of_tomorrow: [1] },
    });
  });

  it.each<[string, Record<string, unknown>, Partial<ExdataDocumentData>]>([
    ['no more than id and status', {}, { mode: undefined, latestExtractionRun: undefined }],
    ['a text for its id', { id: 'doc_9' }, { id: 'doc_9' }],
    ['an unknown status', { status: 'archived' }, { status: 'archived' }],
    ['an error of another shape', { processing_error: { code: 7 } }, { processingError: '{"code":7}' }],
    [
      'a reason of another shape',
      { blocked_reason: ['credit'], processing_stage: 3 },
      { blockedReason: '["credit"]', processingStage: '3' },
    ],
    ['a size in words', { file_size: 'big' }, { fileSize: undefined }],
    [
      'null for what may be absent',
      { filename: null, custom_types: null, is_e_invoice: null },
      { filename: undefined, customTypes: undefined, isEInvoice: undefined },
    ],
    [
      'wrong types all over',
      { mode: 1, locale: [], custom_types: 'x', ai_processing: 'yes', created_at: 5 },
      { mode: undefined, locale: undefined },
    ],
    ['no run', { latest_extraction_run: null }, { latestExtractionRun: null }],
    ['an empty run', { latest_extraction_run: [] }, { latestExtractionRun: undefined }],
    ['a run that is none', { latest_extraction_run: 'x' }, { latestExtractionRun: undefined }],
  ])('may have %s', async (_, keys, expected) => {
    const data = await got({ id: 1, status: 'pending', ...keys });
    expect(data).toMatchObject(expected);
    expect(data.raw).toEqual({ id: 1, status: 'pending', ...keys });
  });

  it('may call its schema version by the other name', async () => {
    const { latestExtractionRun } = await got({
      id: 1,
      status: 'pending',
      latest_extraction_run: { id: 'r', schema_version: '2' },
    });
    expect(latestExtractionRun).toMatchObject({ id: 'r', schemaVersion: '2' });
  });

  it.each<[string, unknown, string]>([
    ['no id', { status: 'pending' }, 'data.id'],
    ['an empty id', { id: '', status: 'pending' }, 'data.id'],
    ['no status', { id: 1 }, 'data.status'],
    ['a status that is no text', { id: 1, status: 5 }, 'data.status'],
    ['a list in its place', [], 'data'],
    ['null in its place', null, 'data'],
  ])('is refused with %s', async (_, data, place) => {
    body = { data };
    const error = await failureOf(api.documents.get('1'));
    expect(error).toBeInstanceOf(ExdataProtocolError);
    expect(error).toMatchObject({
      code: 'invalid_response',
      requestId: 'req_theirs',
      documentId: '1',
      mayHaveCreatedDocument: false,
    });
    expect(error.message).toContain(`its ${place}`);
  });

  it('is refused when its number has lost digits on the way', async () => {
    body = '{"data":{"id":12345678901234567890,"status":"pending"}}';
    expect(await failureOf(api.documents.get('1'))).toMatchObject({ code: 'invalid_response' });
  });
});

describe('an extraction', () => {
  const extracted = async (data: unknown) => {
    body = { data };
    return (await api.documents.extractions('1')).data;
  };

  it('keeps exdata’s names, values of every kind, and candidates', async () => {
    const data = {
      type: { value: 'invoice', candidates: ['Invoice'] },
      tax_breakdowns: { value: [{ tax_rate: '0.00' }], candidates: null },
      total: { value: { a: 1 }, candidates: [1, null, { b: [] }] },
      of_tomorrow: { value: null, candidates: [], confidence: 1 },
    };
    const extraction = await extracted(data);
    expect(extraction.fields).toEqual({ ...data, of_tomorrow: { value: null, candidates: [] } });
    expect(extraction.raw).toEqual(data);
  });

  it.each<[string, unknown]>([
    ['PHP’s empty map', []],
    ['an empty map', {}],
    ['null', null],
  ])('without fields comes as %s', async (_, data) => {
    expect((await extracted(data)).fields).toEqual({});
  });

  it('leaves a field of an unknown shape to a person', async () => {
    const extraction = await extracted({
      a: 'x',
      b: [],
      c: null,
      d: { candidates: 'x' },
      e: { value: 'v', candidates: { 0: 'x' } },
      f: 5,
    });
    const nothing = { value: null, candidates: null };
    expect(extraction.fields).toEqual({
      a: nothing,
      b: nothing,
      c: nothing,
      d: nothing,
      e: { value: 'v', candidates: null },
      f: nothing,
    });
  });

  it('reads an absent field like one without a value, whatever its name', async () => {
    const extraction = await extracted({ iban: { value: 'DE1', candidates: null } });
    expect(exdataFieldOf(extraction, 'iban').value).toBe('DE1');
    for (const name of ['gross_amount', 'constructor', '__proto__', 'toString'])
      expect(exdataFieldOf(extraction, name)).toEqual({ value: null, candidates: null });
  });

  it('takes a field named __proto__ for a field', async () => {
    body = '{"data":{"__proto__":{"value":"x","candidates":null}}}';
    const { data } = await api.documents.extractions('1');
    expect(exdataFieldOf(data, '__proto__').value).toBe('x');
    expect(exdataFieldOf(data, 'value').value).toBeNull();
  });

  it.each([[['x']], ['x'], [5]])('is refused as %j', async (data) => {
    body = { data };
    expect(await failureOf(api.documents.extractions('1'))).toMatchObject({ code: 'invalid_response' });
  });
});

describe('a deletion', () => {
  it('has no body', async () => {
    body = '';
    answered.status = 204;
    expect(await api.documents.delete('a/1')).toEqual({
      data: undefined,
      status: 204,
      requestId: 'req_theirs',
      sentRequestId: 'req_ours',
    });
    expect(seen).toMatchObject({ method: 'DELETE', url: '/api/v1/documents/a%2F1' });
  });
});

describe('previews', () => {
  it.each<[string, unknown, (string | undefined)[]]>([
    ['objects', [{ id: 5, page: 1 }, { id: 'p_6' }], ['5', 'p_6']],
    ['bare ids', [5, 'p_6'], ['5', 'p_6']],
    ['objects without an id', [{ url: 'https://x/1' }, { id: null }, {}], [undefined, undefined, undefined]],
    ['other things', [null, [], true, 1.5], [undefined, undefined, undefined, undefined]],
    ['a map with gaps', { 1: { id: 5 } }, ['5']],
    ['nothing', [], []],
    ['null', null, []],
  ])('may be %s', async (_, data, ids) => {
    body = { data };
    const previews = await api.documents.previews('1');
    expect(seen?.url).toBe('/api/v1/documents/1/previews');
    expect(previews.data.map(({ id }) => id)).toEqual(ids);
    expect(previews.data.map(({ raw }) => raw)).toEqual(Object.values(data ?? []));
  });

  it.each(['x', 5, { id: 5 }])('are refused as %j', async (data) => {
    body = { data };
    expect(await failureOf(api.documents.previews('1'))).toMatchObject({ code: 'invalid_response', documentId: '1' });
  });
});

describe('an answer that is not exdata’s', () => {
  it.each<[string, string | Buffer, string, boolean]>([
    ['a page', '<html>secret-body</html>', 'invalid_json', true],
    ['nothing', '', 'invalid_json', true],
    ['broken UTF-8', Buffer.from([0x22, 0xff, 0x22]), 'invalid_json', true],
    ['JSON without data', '{"id":1,"status":"pending"}', 'invalid_response', true],
    ['a JSON list', '[]', 'invalid_response', true],
    ['too long', JSON.stringify({ data: 'secret-body'.repeat(600_000) }), 'response_too_large', true],
  ])('is refused: %s', async (_, text, code, retryable) => {
    body = text;
    const upload = { file: { open: () => empty(), size: 0 }, filename: 'a' };
    const error = await failureOf(api.documents.create(upload, { idempotencyKey: 'k' }));
    expect(error).toBeInstanceOf(ExdataProtocolError);
    expect(error).toMatchObject({ code, retryable, mayHaveCreatedDocument: true, requestId: 'req_theirs' });
    expect(error.message).not.toContain('secret-body');
    expect(error.cause).toBeUndefined();
  });

  it('but a byte order mark does no harm', async () => {
    body = '\ufeff{"data":{"id":1,"status":"pending"}}';
    expect((await api.documents.get('1')).data.id).toBe('1');
  });
});

async function* empty(): AsyncGenerator<Uint8Array> {
  yield* await Promise.resolve([]);
}
