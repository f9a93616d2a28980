import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import {
  ExdataApi,
  ExdataApiError,
  ExdataAuthenticationError,
  ExdataConflictError,
  ExdataInsufficientCreditsError,
  ExdataNotFoundError,
  ExdataPermissionError,
  ExdataProtocolError,
  ExdataRateLimitError,
  ExdataServerError,
  ExdataValidationError,
} from './index.js';
import type { ExdataError, ExdataResend } from './index.js';

const now = Date.parse('2026-05-10T01:00:00Z');
const token = 'tok_very-secret';
let server: Server;
let answer: RequestListener;
let api: ExdataApi;

beforeAll(async () => {
  server = createServer((request, response) => {
    request.resume().on('end', () => answer(request, response));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const baseUrl = `http://127.0.0.1:${port}/api/v1`;
  api = new ExdataApi({ baseUrl, token, now: () => now, newRequestId: () => 'req_ours', retry: { attempts: 1 } });
});

afterAll(async () => {
  await api.close();
  server.close();
});

const replying =
  (status: number, body: unknown, headers: Record<string, string> = {}): RequestListener =>
  (_, response) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };

const upload = { file: { open: () => bytes('%PDF'), size: 4 }, filename: 'secret-name.pdf' };
async function* bytes(text: string): AsyncGenerator<Uint8Array> {
  yield await Promise.resolve(Buffer.from(text));
}

const create = (): Promise<ExdataError> => failureOf(api.documents.create(upload, { idempotencyKey: 'key-1' }));
async function failureOf(call: Promise<unknown>): Promise<ExdataError> {
  return call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: unknown) => error as ExdataError,
  );
}

describe('the class of an error', () => {
  const cases: [
    number,
    { readonly name: string },
    { retryable: boolean; resend: ExdataResend; mayHaveCreatedDocument: boolean },
  ][] = [
    [400, ExdataApiError, { retryable: false, resend: 'no', mayHaveCreatedDocument: false }],
    [401, ExdataAuthenticationError, { retryable: false, resend: 'no', mayHaveCreatedDocument: false }],
    [
      402,
      ExdataInsufficientCreditsError,
      { retryable: false, resend: 'after-top-up-with-new-key', mayHaveCreatedDocument: false },
    ],
    [403, ExdataPermissionError, { retryable: false, resend: 'no', mayHaveCreatedDocument: false }],
    [404, ExdataNotFoundError, { retryable: false, resend: 'no', mayHaveCreatedDocument: false }],
    [408, ExdataApiError, { retryable: true, resend: 'yes-with-same-key', mayHaveCreatedDocument: true }],
    [409, ExdataConflictError, { retryable: true, resend: 'yes-with-same-key', mayHaveCreatedDocument: true }],
    [413, ExdataApiError, { retryable: false, resend: 'no', mayHaveCreatedDocument: false }],
    [418, ExdataApiError, { retryable: false, resend: 'no', mayHaveCreatedDocument: false }],
    [422, ExdataValidationError, { retryable: false, resend: 'no', mayHaveCreatedDocument: false }],
    [429, ExdataRateLimitError, { retryable: true, resend: 'yes-with-same-key', mayHaveCreatedDocument: false }],
    [500, ExdataServerError, { retryable: true, resend: 'yes-with-same-key', mayHaveCreatedDocument: true }],
    [503, ExdataServerError, { retryable: true, resend: 'yes-with-same-key', mayHaveCreatedDocument: true }],
    [599, ExdataServerError, { retryable: true, resend: 'yes-with-same-key', mayHaveCreatedDocument: true }],
  ];

  it.each(cases)('%i on an upload', async (status, type, expected) => {
    answer = replying(status, {}, { 'x-request-id': 'req_theirs' });
    const error = await create();
    expect(error.constructor).toBe(type);
    expect(error).toMatchObject({ status, requestId: 'req_theirs', code: `http_${status}`, ...expected });
    expect(error.name).toBe(type.name);
    expect(error.stack).toContain(`${type.name}: exdata answered ${status}`);
    expect(error.message).toContain('request req_theirs');
  });

  it.each(cases)('%i on a read makes no document', async (status, type, { retryable }) => {
    answer = replying(status, {});
    const error = await failureOf(api.documents.get('123'));
    expect(error.constructor).toBe(type);
    expect(error).toMatchObject({ mayHaveCreatedDocument: false, documentId: '123', requestId: 'req_ours' });
    expect(error).toMatchObject({ retryable, resend: retryable ? 'yes' : 'no' });
  });
});

describe('what is read from an error', () => {
  it('keeps the code and the words of exdata, the words out of the message', async () => {
    answer = replying(429, {
      message: 'secret-name.pdf is too much',
      code: 'test_mode_limit_exceeded',
      request_id: 'req_body',
    });
    const error = (await create()) as ExdataRateLimitError;
    expect(error).toMatchObject({ code: 'test_mode_limit_exceeded', requestId: 'req_body' });
    expect(error.exdataMessage).toBe('secret-name.pdf is too much');
    expect(`${error.message}${JSON.stringify(error)}${inspect(error)}`).not.toContain('secret-name');
  });

  it('takes a sentence, a number or an endless word for no code', async () => {
    for (const code of ['not a code', 7, 'x'.repeat(65), null]) {
      answer = replying(422, { code });
      expect((await create()).code).toBe('http_422');
    }
  });

  it.each<[string, unknown, Record<string, string[]>]>([
    ['lists', { file: ['too big', 'too long'] }, { file: ['too big', 'too long'] }],
    ['PHP’s empty map', [], {}],
    ['null', null, {}],
    ['a bare text', { file: 'too big' }, { file: ['too big'] }],
    ['other items', { file: ['too big', 7, null], locale: 12 }, { file: ['too big'], locale: [] }],
    ['no map', 'file', {}],
    ['a list', ['file'], {}],
  ])('reads field messages given as %s', async (_, errors, fields) => {
    answer = replying(422, { errors });
    const error = (await create()) as ExdataValidationError;
    expect(error).toBeInstanceOf(ExdataValidationError);
    expect(error.fields).toEqual(fields);
    expect(error.toJSON().fields).toEqual(Object.keys(fields));
  });

  it.each<[string, unknown, string | undefined, string | undefined]>([
    ['under data', { data: { id: 9, status: 'blocked' } }, '9', 'blocked'],
    ['under document', { document: { id: '9', status: 'blocked' }, code: 'insufficient_credits' }, '9', 'blocked'],
    ['under both', { data: { document: { id: 9, status: 'blocked' } } }, '9', 'blocked'],
    ['merged', { message: 'm', id: 9, status: 'blocked' }, '9', 'blocked'],
    ['merged, the status being the answer’s', { id: 9, status: 402 }, '9', undefined],
    ['by its id alone', { document_id: 9 }, '9', undefined],
    ['by an id in data', { data: { id: 9 } }, '9', undefined],
    ['not at all', { message: 'm' }, undefined, undefined],
    ['in an unknown shape', { data: [], document: 'x', id: {} }, undefined, undefined],
    ['as a list', [], undefined, undefined],
  ])('finds a blocked document %s', async (_, body, id, status) => {
    answer = replying(402, body);
    const error = (await create()) as ExdataInsufficientCreditsError;
    expect(error).toBeInstanceOf(ExdataInsufficientCreditsError);
    expect(error.documentId).toBe(id);
    expect(error.document?.status).toBe(status);
  });

  it.each<[string, string | undefined, unknown, number | undefined]>([
    ['seconds', '7', undefined, 7000],
    ['nought', '0', undefined, 0],
    ['a date', 'Sun, 10 May 2026 01:01:30 GMT', undefined, 90_000],
    ['a date of RFC 850', 'Sunday, 10-May-26 01:01:30 GMT', undefined, 90_000],
    ['a date of asctime', 'Sun May 10 01:01:30 2026', undefined, 90_000],
    ['a date gone by', 'Sun, 10 May 2020 01:01:30 GMT', undefined, 0],
    ['the header before the body', '7', 9, 7000],
    ['the body’s number', undefined, 1.5, 1500],
    ['the body’s text', undefined, '9', 9000],
    ['the body after a header without sense', 'soon', 9, 9000],
    ['a negative header', '-5', undefined, undefined],
    ['a fraction', '1.5', undefined, undefined],
    ['a negative body', undefined, -5, undefined],
    ['an endless body', undefined, 1e300, undefined],
    ['nothing', undefined, undefined, undefined],
  ])('how long to wait: %s', async (_, header, retry_after, expected) => {
    answer = replying(429, { retry_after }, header === undefined ? {} : { 'retry-after': header });
    expect((await create()).retryAfterMs).toBe(expected);
  });

  it.each<[string, string]>([
    ['a page', '<html>secret-body</html>'],
    ['nothing', ''],
    ['a text', '"secret-body"'],
    ['null', 'null'],
    ['broken UTF-8', '\ufffd'],
  ])('an error that is %s keeps status and request id', async (_, body) => {
    answer = replying(502, body, { 'content-type': 'text/html', 'x-request-id': 'req_proxy' });
    const error = await create();
    expect(error).toMatchObject({ status: 502, requestId: 'req_proxy', code: 'http_502' });
    expect(inspect(error, { depth: 9 })).not.toContain('secret-body');
  });

  it('an error whose body breaks off or is too long is still that error', async () => {
    answer = (_, response) => {
      response.writeHead(422, { 'content-length': '1000' });
      response.write('{"errors"', () => response.destroy());
    };
    expect(await create()).toBeInstanceOf(ExdataValidationError);
    answer = replying(503, 'x'.repeat(6 * 1024 * 1024));
    expect(await create()).toBeInstanceOf(ExdataServerError);
  });

  it('passes over a request id that no log should carry', async () => {
    for (const id of ['', 'x'.repeat(129), 'caf\u00e9']) {
      answer = replying(500, {}, { 'x-request-id': id });
      expect((await create()).requestId).toBe('req_ours');
    }
  });

  it('names the ability that the call needs', async () => {
    answer = replying(403, {});
    expect((await create()).message).toContain('documents:write');
    expect((await failureOf(api.documents.extractions('1'))).message).toContain('documents:read');
    expect((await failureOf(api.ping())).message).not.toContain('documents:');
  });
});

describe('a redirect', () => {
  it.each<[number, string | undefined, string]>([
    [301, 'https://other.example/api?sig=s3cret', 'to https://other.example/api (status 301'],
    [302, '/login', '/login (status 302'],
    [307, 'https://user:s3cret@other.example/', 'to https://other.example/ (status 307'],
    [308, 'http://[', 'without an address'],
    [304, undefined, 'without an address'],
  ])('%i is not followed but named', async (status, location, words) => {
    const paths: unknown[] = [];
    answer = (request, response) => {
      paths.push(request.url);
      replying(status, '', location === undefined ? {} : { location })(request, response);
    };
    const error = await create();
    expect(error).toBeInstanceOf(ExdataProtocolError);
    expect(error).toMatchObject({
      status,
      retryable: false,
      mayHaveCreatedDocument: true,
      resend: 'unknown-reconcile',
    });
    expect(error.message).toContain(words);
    expect(error.message).not.toContain('s3cret');
    expect(paths).toEqual(['/api/v1/documents']);
  });
});

describe('an error in logs', () => {
  it('[C1] never shows the token, the body or the file name', async () => {
    answer = (request, response) => {
      replying(422, {
        message: request.headers.authorization,
        errors: { file: ['secret-name.pdf'] },
        code: 'validation_failed',
      })(request, response);
    };
    const error = await create();
    const shown = [
      error.message,
      error.stack,
      JSON.stringify(error),
      inspect(error, { depth: 9, showHidden: true }),
      JSON.stringify(Object.entries(error)),
    ];
    for (const text of shown) {
      expect(text).not.toContain(token);
      expect(text).not.toContain('secret-name');
    }
  });

  it('takes on what a caller further up knows, and keeps what it knew', async () => {
    answer = replying(404, {});
    const error = await failureOf(api.documents.get('1'));
    expect(error.withContext({ source: { type: 'invoice', id: 'a' }, documentId: '2' })).toBe(error);
    error.withContext({ source: { type: 'invoice', id: 'b' } });
    expect(JSON.parse(JSON.stringify(error))).toMatchObject({
      source: { type: 'invoice', id: 'a' },
      documentId: '1',
      status: 404,
      name: 'ExdataNotFoundError',
    });
  });
});
