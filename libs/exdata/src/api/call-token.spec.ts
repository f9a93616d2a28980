import { createServer } from 'node:http';
import type { IncomingHttpHeaders, Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ExdataApi, refusedTokenPrint } from './index.js';
import type { ExdataApiOptions, ExdataError } from './index.js';

let server: Server;
let api: ExdataApi | undefined;
let seen: { readonly headers: IncomingHttpHeaders; readonly body: string }[];
/** The token that exdata takes. */
let valid: string;

beforeEach(async () => {
  seen = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      seen.push({ headers: request.headers, body: Buffer.concat(chunks).toString('latin1') });
      const taken = request.headers.authorization === `Bearer ${valid}`;
      response
        .writeHead(taken ? 200 : 401)
        .end(JSON.stringify(taken ? { data: { id: 7, status: 'pending' } } : { code: 'unauthenticated' }));
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
});
afterEach(async () => {
  await api?.close();
  server.close();
});

function client(options: Pick<ExdataApiOptions, 'token' | 'renewToken'>): ExdataApi {
  const { port } = server.address() as AddressInfo;
  api = new ExdataApi({ baseUrl: `http://127.0.0.1:${port}`, retry: { attempts: 1 }, ...options });
  return api;
}
const failureOf = (call: Promise<unknown>): Promise<ExdataError> =>
  call.then(
    () => Promise.reject(new Error('it succeeded')),
    (error: unknown) => error as ExdataError,
  );

describe('a token that exdata refuses', () => {
  it('[U1] is read anew, and the upload sent again at once with the new one: the same bytes under the same key, beyond the attempts allowed', async () => {
    valid = 'tok_new';
    let opened = 0;
    const file = { open: () => ((opened += 1), Readable.from([Buffer.from('%PDF')])), size: 4 };
    const { documents } = client({ token: () => 'tok_old', renewToken: () => Promise.resolve('tok_new') });
    const { data } = await documents.create({ file, filename: 'a.pdf' }, { idempotencyKey: 'key-1', attempts: 1 });
    expect([data.id, opened, seen.length]).toEqual(['7', 2, 2]);
    expect(seen.map(({ headers }) => headers.authorization)).toEqual(['Bearer tok_old', 'Bearer tok_new']);
    for (const name of ['idempotency-key', 'x-request-id', 'content-length'])
      expect(new Set(seen.map(({ headers }) => headers[name])).size).toBe(1);
    expect(seen[1]?.body).toBe(seen[0]?.body);
  });

  it('is not sent again where its source still gives it, or cannot be asked', async () => {
    valid = 'tok_new';
    const anew = [() => 'tok_old', () => Promise.reject(new Error('the vault is away'))];
    for (const renewToken of anew) {
      seen = [];
      expect(await failureOf(client({ token: 'tok_old', renewToken }).ping())).toMatchObject({
        status: 401,
        attempts: [{ status: 401 }],
      });
      expect(seen).toHaveLength(1);
      await api?.close();
    }
  });

  it('is exchanged once a call, and told apart by a print that shows nothing', async () => {
    valid = 'tok_third';
    const given = ['tok_first', 'tok_second', 'tok_third'];
    const error = await failureOf(client({ token: () => given.shift() ?? '' }).ping());
    expect(error).toMatchObject({ status: 401, attempts: [{ status: 401 }, { status: 401 }] });
    const second = new ExdataApi({ token: 'tok_second' });
    expect(refusedTokenPrint(error, 'key')).toBe(await second.tokenPrint('key'));
    expect(refusedTokenPrint(error, 'key')).toMatch(/^[0-9a-f]{32}$/);
    expect(await second.tokenPrint('another key')).not.toBe(refusedTokenPrint(error, 'key'));
    expect(inspect(error, { depth: Infinity, showHidden: true }) + JSON.stringify(error)).not.toContain('tok_');
    expect(refusedTokenPrint(new Error('something else'), 'key')).toBeNull();
    await second.close();
  });
});
