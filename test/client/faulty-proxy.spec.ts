import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from '@jest/globals';
import { ExdataApi, ExdataConnectionError, ExdataTimeoutError } from 'nestjs-exdata';
import type { ExdataApiOptions } from 'nestjs-exdata/api';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** A peer of bare sockets that does to each connection what it is told to, and keeps count. */
class Peer {
  readonly #sockets = new Set<Socket>();
  connections = 0;
  /** Settled once the first bytes have come. */
  readonly asked: Promise<void>;
  private constructor(
    readonly server: Server,
    onData: (socket: Socket) => void,
    onConnection: (socket: Socket) => void,
  ) {
    this.asked = new Promise((resolve) => {
      server.on('connection', (socket) => {
        this.connections += 1;
        this.#sockets.add(socket);
        socket.on('error', () => undefined);
        socket.once('close', () => this.#sockets.delete(socket));
        onConnection(socket);
        socket.once('data', () => {
          resolve();
          onData(socket);
        });
      });
    });
  }

  static async start(
    onData: (socket: Socket) => void,
    onConnection: (socket: Socket) => void = () => undefined,
  ): Promise<Peer> {
    const peer = new Peer(createServer(), onData, onConnection);
    await new Promise<void>((resolve) => peer.server.listen(0, '127.0.0.1', resolve));
    ends.push(() => {
      for (const socket of peer.#sockets) socket.destroy();
      peer.server.close();
    });
    return peer;
  }

  get host(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get open(): number {
    return this.#sockets.size;
  }
}

const silent = (): void => undefined;
const closing = (socket: Socket): void => void socket.destroy();

function client(proxy: string | false, options: Partial<ExdataApiOptions> = {}): ExdataApi {
  const api = new ExdataApi({
    baseUrl: 'https://exdata.test/api/v1',
    token: 'tok_1234567',
    retry: { attempts: 1 },
    proxy,
    ...options,
  });
  ends.push(() => api.close());
  return api;
}

const failureOf = (call: Promise<unknown>): Promise<unknown> =>
  call.then(
    () => Promise.reject(new Error('the call succeeded')),
    (error: unknown) => error,
  );

/** Timers that run when the test says so. */
function heldTimers() {
  const waiting = new Set<{ readonly ms: number; readonly run: () => void }>();
  const after = (ms: number, run: () => void) => {
    const timer = { ms, run };
    waiting.add(timer);
    return () => void waiting.delete(timer);
  };
  const runNext = (): number => {
    const [next] = [...waiting].sort((one, other) => one.ms - other.ms);
    if (next === undefined) throw new Error('nothing waits');
    waiting.delete(next);
    next.run();
    return next.ms;
  };
  return { after, runNext };
}

describe('a proxy at fault', () => {
  const cases: [string, string, (socket: Socket) => void, (socket: Socket) => void][] = [
    ['closes the connection on CONNECT', 'closed the connection', closing, silent],
    ['ends the connection on CONNECT', 'closed the connection', (socket) => socket.end(), silent],
    ['closes the connection at once', 'closed the connection', silent, closing],
    [
      'answers what is no HTTP',
      'failed (HPE_INVALID_CONSTANT)',
      (socket) => socket.end('who is there?\r\n\r\n'),
      silent,
    ],
    [
      'refuses with 407',
      'refused the way to exdata with 407',
      (socket) => socket.end('HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n'),
      silent,
    ],
    [
      'refuses with 403',
      'refused the way to exdata with 403',
      (socket) => socket.end('HTTP/1.1 403 No\r\n\r\nno'),
      silent,
    ],
    [
      'refuses with 502',
      'refused the way to exdata with 502',
      (socket) => socket.write('HTTP/1.1 502 No\r\n\r\n'),
      silent,
    ],
  ];
  it.each(cases)('that %s fails the call, is asked once, and is named', async (_what, told, onData, onConnection) => {
    for (const baseUrl of ['https://exdata.test/api/v1', 'http://exdata.test/api/v1']) {
      const peer = await Peer.start(onData, onConnection);
      const error = await failureOf(client(`http://corp:geheim123@${peer.host}`, { baseUrl }).documents.get('1'));
      expect(error).toBeInstanceOf(ExdataConnectionError);
      expect(error).toMatchObject({
        code: 'connection',
        retryable: true,
        mayHaveCreatedDocument: false,
        proxy: `${peer.host} ${told}`,
      });
      expect((error as Error).message).toContain(`the proxy ${peer.host} ${told} during getDocument`);
      expect(peer.connections).toBe(1);
      expect(inspect(error, { depth: Infinity, showHidden: true })).not.toMatch(/geheim123|Z2VoZWlt|tok_1234567/);
    }
  });

  it('is asked once for each attempt', async () => {
    const peer = await Peer.start(closing);
    await failureOf(client(`http://${peer.host}`, { retry: { attempts: 3, firstMs: 0 } }).ping());
    expect(peer.connections).toBe(3);
  });

  it('that is not there is named', async () => {
    const error = await failureOf(client('http://corp:geheim123@127.0.0.1:9').ping());
    expect((error as Error).message).toContain('the proxy 127.0.0.1:9 could not be reached (ECONNREFUSED) during ping');
  });

  it('that never answers holds a call no longer than its time, and the client’s close not at all', async () => {
    const peer = await Peer.start(silent);
    const api = client(`http://${peer.host}`);
    expect(await failureOf(api.ping({ timeoutMs: 100 }))).toBeInstanceOf(ExdataTimeoutError);
    expect(peer.connections).toBe(1);
    const { after, runNext } = heldTimers();
    const waiting = client(`http://${peer.host}`, { after });
    const stop = new AbortController();
    const failed = failureOf(waiting.ping({ signal: stop.signal }));
    await peer.asked;
    stop.abort(new Error('enough'));
    expect(await failed).toMatchObject({ message: 'enough' });
    // Nothing but close lets go of the proxy now: the clock stands.
    await waiting.close();
    expect(runNext).toThrow('nothing waits');
  });

  it('that never answers is given up before the call’s time is over, and named', async () => {
    const peer = await Peer.start(silent);
    const { after, runNext } = heldTimers();
    const failed = failureOf(client(`http://${peer.host}`, { after, timeoutMs: 30_000 }).ping());
    await peer.asked;
    const waitedMs = runNext();
    expect(waitedMs).toBeLessThan(30_000);
    const error = await failed;
    expect(error).toBeInstanceOf(ExdataConnectionError);
    expect((error as Error).message).toContain(`the proxy ${peer.host} did not answer within ${waitedMs} ms`);
    expect(peer.connections).toBe(1);
  });

  it('that opens the tunnel and says no more ends with the call', async () => {
    const peer = await Peer.start((socket) => socket.write('HTTP/1.1 200 OK\r\n\r\n'));
    const api = client(`http://${peer.host}`);
    expect(await failureOf(api.ping({ timeoutMs: 100 }))).toBeInstanceOf(ExdataTimeoutError);
    await api.close();
    expect(peer.connections).toBe(1);
  });

  it('that opens the tunnel and closes it is a lost connection, once', async () => {
    const peer = await Peer.start((socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'));
    expect(await failureOf(client(`http://${peer.host}`).ping())).toMatchObject({ code: 'connection' });
    expect(peer.connections).toBe(1);
  });
});

describe('a peer without a proxy', () => {
  it('that never speaks TLS holds a call no longer than its time, and the client’s close not at all', async () => {
    const peer = await Peer.start(silent);
    const { after, runNext } = heldTimers();
    const api = client(false, { baseUrl: `https://${peer.host}`, after, timeoutMs: 100 });
    const failed = failureOf(api.ping());
    await peer.asked;
    expect(runNext()).toBe(100);
    expect(await failed).toBeInstanceOf(ExdataTimeoutError);
    await api.close();
    // undici's own limit for a connection has not passed: neither waited for it.
    expect(peer.open).toBe(1);
  });

  it.each<[string, (socket: Socket) => void, (socket: Socket) => void]>([
    ['closes at once', silent, closing],
    ['closes on the first byte', closing, silent],
  ])('that %s is asked once for each attempt', async (_what, onData, onConnection) => {
    for (const scheme of ['https', 'http']) {
      const peer = await Peer.start(onData, onConnection);
      expect(await failureOf(client(false, { baseUrl: `${scheme}://${peer.host}` }).ping())).toMatchObject({
        code: 'connection',
      });
      expect(peer.connections).toBe(1);
    }
  });
});
