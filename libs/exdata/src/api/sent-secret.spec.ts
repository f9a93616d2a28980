import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { inspect } from 'node:util';
import { ExdataApi } from './index.js';
import type { ExdataError, ExdataValidationError } from './index.js';

let server: Server;
let answer: RequestListener;
const made: ExdataApi[] = [];

beforeAll(async () => {
  server = createServer((request, response) => answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(() => Promise.all(made.splice(0).map((api) => api.close())));
afterAll(() => {
  server.close();
});

const failureWith = async (token: string): Promise<ExdataError> => {
  const api = new ExdataApi({
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    ...{ token, newRequestId: () => 'req_ours', retry: { attempts: 1 } },
  });
  made.push(api);
  return api.documents.get('1').then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: unknown) => error as ExdataError,
  );
};

describe('[C1] a proxy that repeats what was sent', () => {
  const tokens = ['plain-token_1.x', '12|a/b+c/d==', 'quo"te\\slash'];

  it.each(tokens)('brings %s into nothing of an error', async (token) => {
    answer = (request, response) => {
      const sent = String(request.headers.authorization);
      const bare = sent.replace('Bearer ', '');
      response.writeHead(422, { 'x-request-id': bare, 'content-type': 'application/json' });
      const body = JSON.stringify({
        code: bare,
        message: sent,
        request_id: bare,
        errors: { file: [sent], [bare]: ['x'] },
        data: { id: bare },
      });
      response.end(body.replaceAll('/', '\\/'));
    };
    const error = (await failureWith(token)) as ExdataValidationError;
    const shown = [
      inspect(error, { depth: 9, showHidden: true }),
      JSON.stringify([error, error.exdataMessage, error.fields, error.documentId, error.requestId]),
    ];
    for (const text of shown) expect(text).not.toContain(token);
    expect(error.exdataMessage).toBe('Bearer [withheld]');
    expect(error.fields.file).toEqual(['Bearer [withheld]']);
    expect(error.code).toBe('http_422');
    expect(error.requestId).toBe('[withheld]');
  });

  it.each(tokens)('brings %s into no address that a redirect names', async (token) => {
    answer = (request, response) => {
      const bare = String(request.headers.authorization).replace('Bearer ', '');
      response.writeHead(302, { location: `https://login.example/${encodeURIComponent(bare)}/next?${bare}` }).end();
    };
    const error = await failureWith(token);
    expect(error.code).toBe('redirect');
    expect(error.message).toContain('https://login.example/[withheld]/next');
    expect(error.message).not.toContain(token);
  });

  it('brings it into no document either', async () => {
    const token = 'plain-token_1.x';
    answer = (_, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'x-request-id': `id-${token}` });
      response.end(
        JSON.stringify({ data: { id: 1, status: 'pending', requester: token, more: [{ said: `<${token}>` }] } }),
      );
    };
    const api = new ExdataApi({ baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, token });
    made.push(api);
    const { data, requestId } = await api.documents.get('1');
    expect(requestId).toBe('id-[withheld]');
    expect(data.requester).toBe('[withheld]');
    expect(data.raw.more).toEqual([{ said: '<[withheld]>' }]);
  });
});
