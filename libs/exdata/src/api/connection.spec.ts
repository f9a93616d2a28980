import { afterEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { RequestListener } from 'node:http';
import { createServer as createSocketServer } from 'node:net';
import type { AddressInfo, Server } from 'node:net';
import path from 'node:path';
import { Readable } from 'node:stream';
import { inspect } from 'node:util';
import { Agent } from 'undici';
import { ExdataApi, ExdataConfigurationError, ExdataConnectionError, ExdataTimeoutError, version } from './index.js';
import type { ExdataApiOptions, ExdataError } from './index.js';

const token = 'tok_very-secret';
const open: (() => Promise<unknown>)[] = [];

afterEach(async () => {
  for (const close of open.splice(0).reverse()) await close();
});

async function listening(server: Server): Promise<string> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function serving(answer: RequestListener): Promise<string> {
  const server = createServer(answer);
  open.push(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  return listening(server);
}

function client(baseUrl: string, options: Partial<ExdataApiOptions> = {}): ExdataApi {
  const api = new ExdataApi({ baseUrl, token, newRequestId: () => 'req_ours', retry: { attempts: 1 }, ...options });
  open.push(() => api.close());
  return api;
}

const failureOf = (call: Promise<unknown>): Promise<ExdataError> =>
  call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: unknown) => error as ExdataError,
  );

const upload = { file: { open: () => Readable.from([Buffer.from('%PDF')]), size: 4 }, filename: 'secret-name.pdf' };
const create = (api: ExdataApi, options = {}): Promise<ExdataError> =>
  failureOf(api.documents.create(upload, { idempotencyKey: 'k', ...options }));

/** A limit that has passed when the test says so, however slow the machine is. */
function limit(): { after: NonNullable<ExdataApiOptions['after']>; pass: () => void } {
  const ends = new Set<() => void>();
  const after = (_ms: number, end: () => void): (() => void) => {
    ends.add(end);
    return () => ends.delete(end);
  };
  return { after, pass: () => [...ends].forEach((end) => end()) };
}

/** A file whose bytes never end, and whether it was let go. */
function endless(whenRead: () => void = () => undefined): {
  file: { open: () => Readable; size: number };
  stream: Readable;
} {
  const stream = new Readable({ read: () => void setImmediate(whenRead) });
  stream.push(Buffer.alloc(10));
  return { file: { open: () => stream, size: 1000 }, stream };
}

describe('a connection that fails', () => {
  it('before a byte has left cannot have made a document', async () => {
    const closed = createSocketServer();
    const url = await listening(closed);
    await new Promise((resolve) => closed.close(resolve));
    const error = await create(client(url));
    expect(error).toBeInstanceOf(ExdataConnectionError);
    expect(error).toMatchObject({
      code: 'connection',
      retryable: true,
      mayHaveCreatedDocument: false,
      requestId: 'req_ours',
    });
    expect(error.message).toContain('ECONNREFUSED');
    expect(error.cause).toMatchObject({ code: 'ECONNREFUSED' });
  });

  it('while the bytes leave may have', async () => {
    const url = await serving((request) => request.once('data', () => request.socket.destroy()));
    expect(await create(client(url))).toMatchObject({
      code: 'connection',
      retryable: true,
      mayHaveCreatedDocument: true,
    });
  });

  it('after the bytes, before the answer, may have', async () => {
    const url = await serving((request) => request.resume().once('end', () => request.socket.destroy()));
    expect(await create(client(url))).toMatchObject({ code: 'connection', mayHaveCreatedDocument: true });
  });

  it('within the answer may have', async () => {
    const url = await serving((request, response) => {
      request
        .resume()
        .once('end', () =>
          response.writeHead(201, { 'content-length': '99' }).write('{"data":', () => request.socket.destroy()),
        );
    });
    const error = await create(client(url));
    expect(error).toBeInstanceOf(ExdataConnectionError);
    expect(error).toMatchObject({ code: 'connection', mayHaveCreatedDocument: true });
  });

  it('makes no document on a read', async () => {
    const url = await serving((request) => request.socket.destroy());
    expect(await failureOf(client(url).documents.get('7'))).toMatchObject({
      code: 'connection',
      mayHaveCreatedDocument: false,
      documentId: '7',
    });
  });

  it('lets go of the file', async () => {
    const url = await serving((request) => request.once('data', () => request.socket.destroy()));
    const { file, stream } = endless();
    await failureOf(client(url).documents.create({ ...upload, file }, { idempotencyKey: 'k' }));
    expect(stream.destroyed).toBe(true);
  });

  it('tells nothing of token and file name', async () => {
    const url = await serving((request) => request.socket.destroy());
    const error = await create(client(url));
    for (const text of [
      error.message,
      error.stack,
      JSON.stringify(error),
      inspect(error, { depth: 9, showHidden: true }),
    ]) {
      expect(text).not.toContain(token);
      expect(text).not.toContain('secret-name');
    }
  });
});

describe('an answer that does not come', () => {
  it('ends the call, and an upload that had begun may have arrived', async () => {
    const { after, pass } = limit();
    const url = await serving((request) => request.once('data', pass));
    const error = await create(client(url, { uploadTimeoutMs: 200, after }));
    expect(error).toBeInstanceOf(ExdataTimeoutError);
    expect(error).toMatchObject({
      code: 'timeout',
      retryable: true,
      mayHaveCreatedDocument: true,
      requestId: 'req_ours',
    });
  });

  it('ends a read, also within its body, by the call’s own limit', async () => {
    const url = await serving((_, response) => response.writeHead(200).write('{"data":'));
    const error = await failureOf(client(url).documents.get('7', { timeoutMs: 200 }));
    expect(error).toBeInstanceOf(ExdataTimeoutError);
    expect(error).toMatchObject({ mayHaveCreatedDocument: false, documentId: '7' });
    expect(error.message).toContain('200 ms');
  });

  it('includes waiting for the file and for the token', async () => {
    const url = await serving((request) => request.resume());
    const { after, pass } = limit();
    const { file, stream } = endless(pass);
    const reading = client(url, { after }).documents.create({ ...upload, file }, { idempotencyKey: 'k' });
    expect(await failureOf(reading)).toMatchObject({ code: 'timeout' });
    expect(stream.destroyed).toBe(true);
    const waiting = client(url, { token: () => new Promise<string>(() => undefined) });
    expect(await create(waiting, { timeoutMs: 20 })).toMatchObject({ code: 'timeout', mayHaveCreatedDocument: false });
  });
});

describe('a call that its caller aborts', () => {
  it('is rejected with the reason, and lets go of the file', async () => {
    const reason = new Error('shutting down');
    const stop = new AbortController();
    const { file, stream } = endless();
    const url = await serving((request) => request.once('data', () => stop.abort(reason)));
    expect(
      await failureOf(client(url).documents.create({ ...upload, file }, { idempotencyKey: 'k', signal: stop.signal })),
    ).toBe(reason);
    expect(stream.destroyed).toBe(true);
  });

  it('is not sent at all when aborted before', async () => {
    let requests = 0;
    const url = await serving((_, response) => {
      requests += 1;
      response.end();
    });
    const error = await failureOf(client(url).ping({ signal: AbortSignal.abort() }));
    expect(error.name).toBe('AbortError');
    expect(requests).toBe(0);
  });

  it('leaves nothing behind on a signal that outlives it', async () => {
    const url = await serving((_, response) => response.end());
    const api = client(url);
    const { signal } = new AbortController();
    let listeners = 0;
    const { addEventListener, removeEventListener } = EventTarget.prototype;
    signal.addEventListener = (...args: Parameters<typeof addEventListener>) => {
      listeners += 1;
      addEventListener.apply(signal, args);
    };
    signal.removeEventListener = (...args: Parameters<typeof removeEventListener>) => {
      listeners -= 1;
      removeEventListener.apply(signal, args);
    };
    await api.ping({ signal });
    await api.ping({ signal });
    expect(listeners).toBe(0);
  });
});

describe('the token', () => {
  it('that cannot be had is not an answer of exdata’s', async () => {
    const url = await serving((_, response) => response.end());
    const fault = new Error('vault is sealed');
    const error = await create(client(url, { token: () => Promise.reject(fault) }));
    expect(error).toMatchObject({
      code: 'token_unavailable',
      retryable: true,
      mayHaveCreatedDocument: false,
      cause: fault,
    });
  });
});

describe('options', () => {
  it.each<[string, Partial<ExdataApiOptions>]>([
    ['baseUrl', { baseUrl: 'exdata' }],
    ['baseUrl', { baseUrl: 'ftp://x/api' }],
    ['baseUrl', { baseUrl: 'https://me:s3cret@x/api' }],
    ['baseUrl', { baseUrl: 'https://x/api?key=s3cret' }],
    ['baseUrl', { baseUrl: 'https://x/api#s3cret' }],
    ['token', { token: '' }],
    ['userAgent', { userAgent: 'a\r\nb' }],
    ['timeoutMs', { timeoutMs: 0 }],
    ['uploadTimeoutMs', { uploadTimeoutMs: Infinity }],
    ['maxResponseBytes', { maxResponseBytes: 0.5 }],
    ['retry.attempts', { retry: { attempts: 0 } }],
    ['retry.attempts', { retry: { attempts: 101 } }],
    ['retry.firstMs', { retry: { firstMs: -1 } }],
    ['retry.maxMs', { retry: { maxMs: NaN } }],
    ['retry.longestWaitMs', { retry: { longestWaitMs: 2 ** 31 } }],
    ['retry.budget', { retry: { budget: 0.5 } }],
  ])('are refused for %s', (name, options) => {
    const make = (): ExdataApi => new ExdataApi({ token, ...options });
    expect(make).toThrow(ExdataConfigurationError);
    expect(make).toThrow(name);
    expect(make).not.toThrow('s3cret');
  });

  it('are refused with all faults at once', () => {
    expect(() => new ExdataApi({ token: '', baseUrl: 'x', timeoutMs: -1 })).toThrow(/baseUrl.*token.*timeoutMs/);
  });
});

describe('close', () => {
  it('is harmless twice, and ends what comes after with a clear word', async () => {
    const url = await serving((_, response) => response.end());
    const api = client(url);
    await api.ping();
    await Promise.all([api.close(), api.close()]);
    expect(await failureOf(api.ping())).toMatchObject({ code: 'client_closed', retryable: false });
  });

  it('leaves a dispatcher that was given to its owner', async () => {
    const url = await serving((_, response) => response.end());
    const dispatcher = new Agent();
    open.push(() => dispatcher.close());
    await client(url, { dispatcher }).close();
    expect((await client(url, { dispatcher }).ping()).status).toBe(200);
  });
});

describe('the version', () => {
  it('is the package’s', () => {
    const manifest = readFileSync(path.resolve('libs/exdata/package.json'), 'utf8');
    expect(manifest).toContain(`"version": "${version}"`);
  });
});
