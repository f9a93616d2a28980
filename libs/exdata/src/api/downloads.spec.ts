import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createServer } from 'node:http';
import type { RequestListener, Server } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { buffer } from 'node:stream/consumers';
import {
  ExdataApi,
  ExdataConnectionError,
  ExdataNotFoundError,
  ExdataProtocolError,
  ExdataTimeoutError,
} from './index.js';
import type { ExdataCallOptions, ExdataDownload, ExdataError, ExdataResult } from './index.js';

const token = 'tok_very-secret';
let server: Server;
let answer: RequestListener;
let seen: { url: string | undefined; accept: string | undefined }[];
let sockets: Set<Socket>;
let deadlines: (() => void)[];
let api: ExdataApi;

beforeEach(async () => {
  seen = [];
  sockets = new Set();
  deadlines = [];
  server = createServer((request, response) => {
    sockets.add(request.socket);
    seen.push({ url: request.url, accept: request.headers.accept });
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  api = new ExdataApi({
    baseUrl: `http://127.0.0.1:${port}/api/v1`,
    token,
    newRequestId: () => 'req_ours',
    retry: { attempts: 1 },
    maxResponseBytes: 1000,
    after: (_, run) => {
      deadlines.push(run);
      return () => {
        deadlines = deadlines.filter((other) => other !== run);
      };
    },
  });
});

afterEach(async () => {
  server.closeAllConnections();
  await api.close();
  server.close();
});

/** The two operations that give a file. */
const operations: [string, string, (call?: ExdataCallOptions) => Promise<ExdataResult<ExdataDownload>>][] = [
  ['a thumbnail', '/api/v1/documents/7/thumbnail', (call) => api.documents.thumbnail('7', call)],
  ['a preview', '/api/v1/previews/7', (call) => api.preview('7', call)],
];

const failureOf = (call: Promise<unknown>): Promise<ExdataError> =>
  call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: unknown) => error as ExdataError,
  );

/** Answers with the beginning of a file that does not end. */
const beginning: RequestListener = (_, response) => {
  response.writeHead(200, { 'content-type': 'image/png', 'content-length': '5000' }).write(Buffer.alloc(1000));
};

/** Settles when the server has lost the connection of the only request. */
const released = async (): Promise<void> => {
  const [socket] = sockets;
  if (socket?.destroyed === false) await new Promise((resolve) => socket.once('close', resolve));
};

describe.each(operations)('%s', (_, path, get) => {
  it('comes as a stream with type and length', async () => {
    const picture = Buffer.alloc(3_000_000, 'x');
    answer = (_request, response) => {
      response
        .writeHead(200, {
          'content-type': 'image/webp',
          'content-length': picture.length,
          'x-request-id': 'req_theirs',
        })
        .end(picture);
    };
    const { data, ...rest } = await get();
    expect(rest).toEqual({ status: 200, requestId: 'req_theirs', sentRequestId: 'req_ours' });
    expect(data).toMatchObject({ contentType: 'image/webp', contentLength: 3_000_000 });
    expect((await buffer(data.stream)).equals(picture)).toBe(true);
    expect(seen).toEqual([{ url: path, accept: 'application/json, */*' }]);
    expect(deadlines).toHaveLength(0);
  });

  it('may have neither', async () => {
    answer = (_request, response) => {
      response.writeHead(200);
      response.write('ab');
      response.end('c');
    };
    const { data } = await get();
    expect(data).toMatchObject({ contentType: undefined, contentLength: undefined });
    expect((await buffer(data.stream)).toString()).toBe('abc');
  });

  it('is not held in memory: the server waits for the reader', async () => {
    let written = 0;
    const total = 64 * 1024 * 1024;
    const chunk = Buffer.alloc(1024 * 1024);
    answer = (_request, response) => {
      response.writeHead(200);
      const write = (): void => {
        while (written < total) {
          written += chunk.length;
          if (!response.write(chunk)) return void response.once('drain', write);
        }
        response.end();
      };
      write();
    };
    const { data } = await get();
    // Once turn after turn of the event loop moves nothing more, the buffers of the connection are full.
    for (let still = 0, before = -1; still < 50; before = written) {
      await new Promise((resolve) => setImmediate(resolve));
      still = written === before ? still + 1 : 0;
    }
    const stopped = written;
    expect(stopped).toBeLessThan(total / 2);
    // Reading moves it on; leaving the loop lets go of the stream.
    for await (const part of data.stream) {
      expect(Buffer.isBuffer(part)).toBe(true);
      if (written > stopped) break;
    }
    expect(written).toBeGreaterThan(stopped);
    await released();
  });

  it('lets go of its connection when the stream is destroyed', async () => {
    answer = beginning;
    const { data } = await get();
    data.stream.destroy();
    await released();
    expect(deadlines).toHaveLength(0);
  });

  it('ends with the reason of the caller’s signal, also when nobody reads', async () => {
    answer = beginning;
    const stop = new AbortController();
    const reason = new Error('the page was left');
    const { data } = await get({ signal: stop.signal });
    stop.abort(reason);
    await released();
    expect(data.stream.errored).toBe(reason);
    expect(deadlines).toHaveLength(0);
  });

  it('ends with the time of the call', async () => {
    answer = beginning;
    const { data } = await get({ timeoutMs: 1234 });
    deadlines[0]?.();
    const error = await failureOf(buffer(data.stream));
    expect(error).toBeInstanceOf(ExdataTimeoutError);
    expect(error).toMatchObject({
      code: 'timeout',
      resend: 'yes',
      attempts: [{ code: 'timeout', status: null }],
      sentRequestId: 'req_ours',
    });
    expect(error.message).toContain('1234 ms');
    await released();
  });

  it('fails when its connection is lost on the way', async () => {
    answer = (request, response) => {
      response.writeHead(200, { 'content-length': '5000' }).write(Buffer.alloc(1000), () => request.socket.destroy());
    };
    const error = await failureOf(get().then(({ data }) => buffer(data.stream)));
    expect(error).toBeInstanceOf(ExdataConnectionError);
    expect(error).toMatchObject({
      code: 'connection',
      resend: 'yes',
      mayHaveCreatedDocument: false,
      attempts: [{ code: 'connection' }],
    });
  });

  it('that is not there is an error like any other, and leaves no deadline', async () => {
    answer = (_request, response) => response.writeHead(404).end('{"code":"not_found"}');
    const error = await failureOf(get());
    expect(error).toBeInstanceOf(ExdataNotFoundError);
    expect(error.code).toBe('not_found');
    expect(deadlines).toHaveLength(0);
  });

  it('[C1] does not follow a redirect, so the token stays at home', async () => {
    let visits = 0;
    const other = createServer((_request, response) => {
      visits += 1;
      response.end();
    });
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const elsewhere = `http://127.0.0.1:${(other.address() as AddressInfo).port}/cdn/picture`;
    answer = (_request, response) => response.writeHead(302, { location: `${elsewhere}?signature=s3cret` }).end();
    const error = await failureOf(get());
    expect(error).toBeInstanceOf(ExdataProtocolError);
    expect(error).toMatchObject({ code: 'redirect', status: 302, resend: 'no', retryable: false });
    expect(error.message).toContain(`to ${elsewhere} (`);
    expect(JSON.stringify(error)).not.toContain('s3cret');
    expect(visits).toBe(0);
    other.close();
  });

  it('is not asked for by an id that leads elsewhere', async () => {
    for (const id of ['', '..', 'a b', 'ä']) {
      expect(await failureOf(api.documents.thumbnail(id))).toMatchObject({ field: 'id' });
      expect(await failureOf(api.preview(id))).toMatchObject({ field: 'id' });
    }
    expect(seen).toEqual([]);
  });
});
