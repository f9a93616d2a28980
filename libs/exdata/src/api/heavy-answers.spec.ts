import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import { ExdataApi, ExdataProtocolError, ExdataValidationError } from './index.js';
import type { ExdataError } from './index.js';

let server: Server;
let api: ExdataApi;
let answer: RequestListener;
let asked: Record<string, unknown>;

beforeAll(async () => {
  server = createServer((request, response) => {
    asked = request.headers;
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
beforeEach(() => {
  const { port } = server.address() as AddressInfo;
  api = new ExdataApi({ baseUrl: `http://127.0.0.1:${port}`, token: 'a-token-of-some-length', retry: { attempts: 1 } });
});
afterAll(() => {
  server.closeAllConnections();
  server.close();
});

const saying = (body: string | Buffer, status = 200, headers: Record<string, string> = {}): void => {
  answer = (_, response) =>
    void response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(body);
};
const nested = (levels: number): string => '['.repeat(levels) + ']'.repeat(levels);
const failureOf = (call: Promise<unknown>): Promise<ExdataError> =>
  call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: unknown) => error as ExdataError,
  );

describe('an answer of any depth', () => {
  it.each([65, 1_000, 100_000])(
    '%i levels in processing_error leave a document that can be read, in words of bounded length',
    async (levels) => {
      saying(`{"data":{"id":7,"status":"error","processing_error":${nested(levels)}}}`);
      const { data } = await api.documents.get('7');
      expect(data).toMatchObject({ id: '7', status: 'error' });
      expect(data.processingError?.length).toBeLessThanOrEqual(4_000);
      expect(data.processingError).toContain('[nested too deep]');
      expect(JSON.stringify(data.raw)).toContain('[nested too deep]');
    },
  );

  it('leaves what is nested as the contract has it untouched', async () => {
    const error = { code: 'x', details: [{ page: 1, boxes: [[1, 2]] }] };
    saying(JSON.stringify({ data: { id: 7, status: 'error', processing_error: error } }));
    const { data } = await api.documents.get('7');
    expect(data.processingError).toBe(JSON.stringify(error));
    expect(data.raw).toEqual({ id: 7, status: 'error', processing_error: error });
  });

  it('of fields is no extraction, and is not asked for again', async () => {
    saying(`{"data":{"net_amount":{"value":${nested(100_000)},"candidates":null}}}`);
    const error = await failureOf(api.documents.extractions('7'));
    expect(error).toBeInstanceOf(ExdataProtocolError);
    expect(error).toMatchObject({ code: 'response_too_deep', retryable: false, resend: 'no', documentId: '7' });
  });

  it('is still its status as an error', async () => {
    saying(`{"message":${nested(100_000)},"errors":{"file":["no"],"more":${nested(1_000)}}}`, 422);
    const error = await failureOf(api.documents.get('7'));
    expect(error).toBeInstanceOf(ExdataValidationError);
  });
});

describe('an answer of any size', () => {
  it.each<[string, string]>([
    ['300,000 fields', `{"data":{${Array.from({ length: 300_000 }, (_, at) => `"f${at}":1`).join(',')}}}`],
    ['400,000 values', `{"data":{"f":{"value":[${'0,'.repeat(400_000)}0],"candidates":null}}}`],
    ['400,000 levels', `{"data":{"f":{"value":${nested(400_000)},"candidates":null}}}`],
  ])('%s are not taken apart', async (_, body) => {
    saying(body);
    expect(await failureOf(api.documents.extractions('7'))).toMatchObject({
      code: 'response_too_heavy',
      retryable: false,
      documentId: '7',
    });
  });

  it('braces, commas and quotes inside of texts weigh nothing', async () => {
    const value = '{[,:"\\'.repeat(100_000);
    saying(JSON.stringify({ data: { note: { value, candidates: [value] } } }));
    expect((await api.documents.extractions('7')).data.fields.note).toEqual({ value, candidates: [value] });
  });

  it.each<[string, number, string]>([
    ['a body without an end', 200, 'response_too_large'],
    ['an error without an end', 503, 'http_503'],
  ])('%s is left where the limit is', async (_, status, code) => {
    let closed: Promise<unknown> = Promise.resolve();
    answer = (_request, response) => {
      closed = new Promise((resolve) => response.once('close', resolve));
      response.writeHead(status);
      const write = (): void => {
        if (!response.destroyed) response.write(Buffer.alloc(64 * 1024, ' '), write);
      };
      write();
    };
    expect(await failureOf(api.documents.get('7'))).toMatchObject({ code, status });
    await closed;
  });

  it('compressed bytes are not asked for, and not unfolded where they come', async () => {
    saying(gzipSync(Buffer.alloc(50_000_000, ' ')), 200, { 'content-encoding': 'gzip' });
    expect(await failureOf(api.documents.get('7'))).toMatchObject({ code: 'invalid_json' });
    expect(asked['accept-encoding']).toBe('identity');
  });

  it('an error’s messages by field are as many as somebody can look at', async () => {
    const many = Array.from({ length: 1_000 }, () => 'x'.repeat(1_000));
    const errors = Object.fromEntries(Array.from({ length: 1_000 }, (_, at) => [`field${at}`, at === 0 ? many : 'no']));
    saying(
      JSON.stringify({
        message: 'm'.repeat(10_000),
        errors: { ['n'.repeat(200)]: 'no', ...errors, field0: many.slice(0, 100) },
      }),
      422,
    );
    const error = (await failureOf(api.documents.get('7'))) as ExdataValidationError;
    expect(Object.keys(error.fields)).toHaveLength(50);
    expect(error.fields.field0).toHaveLength(10);
    expect(error.fields.field0?.[0]).toHaveLength(500);
    expect(error.exdataMessage).toHaveLength(2_000);
  });
});
