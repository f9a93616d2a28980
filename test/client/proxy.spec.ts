import { execFile, execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect } from 'node:net';
import type { AddressInfo, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { Readable } from 'node:stream';
import { inspect, promisify } from 'node:util';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ExdataApi, ExdataConfigurationError } from 'nestjs-exdata';
import type { ExdataApiOptions } from 'nestjs-exdata/api';

const run = promisify(execFile);
const portOf = (server: Server): number => (server.address() as AddressInfo).port;
const listening = <T extends Server>(server: T): Promise<T> =>
  new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));

/** A forward proxy that only tunnels, and asks for a password. */
class Proxy {
  readonly tunnels: string[] = [];
  /** Bytes that came from clients through tunnels. */
  bytes = '';
  refuses = false;
  readonly #sockets = new Set<Socket>();
  private constructor(readonly server: Server) {}

  static async start(target: () => number, server: Server = createServer()): Promise<Proxy> {
    const proxy = new Proxy(await listening(server));
    proxy.server.on('connect', (request, socket: Socket) => {
      proxy.#sockets.add(socket);
      const isKnown = request.headers['proxy-authorization'] === `Basic ${Buffer.from('corp:hush').toString('base64')}`;
      if (!isKnown || proxy.refuses)
        return void socket.end(`HTTP/1.1 ${isKnown ? 503 : 407} No\r\nContent-Length: 0\r\n\r\n`);
      proxy.tunnels.push(request.url ?? '');
      const upstream = connect(target(), '127.0.0.1', () => {
        socket.write('HTTP/1.1 200 OK\r\n\r\n');
        socket.on('data', (chunk: Buffer) => (proxy.bytes = (proxy.bytes + chunk.toString('latin1')).slice(-100_000)));
        socket.pipe(upstream).pipe(socket);
      });
      upstream.on('error', () => socket.destroy());
      socket.on('error', () => upstream.destroy());
    });
    return proxy;
  }

  url(user = 'corp:hush'): string {
    return `http://${user}@127.0.0.1:${portOf(this.server)}`;
  }

  close(): void {
    for (const socket of this.#sockets) socket.destroy();
    this.server.close();
  }
}

let folder: string;
let exdata: Server;
let proxy: Proxy;
/** Further ones, to be closed. */
const open: Proxy[] = [];
let received: { bytes: number; authorization: string | undefined }[];
/** Statuses to answer with before success. */
let failing: number[];
const api: ExdataApi[] = [];
const environment = { ...process.env };

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'exdata-proxy-'));
  const at = (name: string) => path.join(folder, name);
  const openssl = (...words: string[]) => execFileSync('openssl', words, { stdio: 'ignore' });
  openssl(
    'req',
    '-x509',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-days',
    '2',
    '-subj',
    '/CN=corp ca',
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
  );
  openssl(
    'req',
    '-newkey',
    'rsa:2048',
    '-nodes',
    '-subj',
    '/CN=exdata.test',
    '-keyout',
    at('key.pem'),
    '-out',
    at('csr.pem'),
  );
  writeFileSync(at('names'), 'subjectAltName=DNS:exdata.test,DNS:localhost,IP:127.0.0.1');
  openssl(
    'x509',
    '-req',
    '-in',
    at('csr.pem'),
    '-CA',
    at('ca.pem'),
    '-CAkey',
    at('ca.key'),
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    at('names'),
    '-out',
    at('cert.pem'),
  );
});
afterAll(() => rmSync(folder, { recursive: true }));

async function startExdata(create: (listener: Parameters<typeof createServer>[1] & object) => Server): Promise<void> {
  exdata = await listening(
    create((request, response) => {
      let bytes = 0;
      request.on('data', (chunk: Buffer) => (bytes += chunk.length));
      request.on('end', () => {
        received.push({ bytes, authorization: request.headers.authorization });
        response.writeHead(failing.shift() ?? 200).end(JSON.stringify({ data: { id: 7, status: 'pending' } }));
      });
    }),
  );
}

beforeEach(async () => {
  received = [];
  failing = [];
  await startExdata((listener) => createServer(listener));
  proxy = await Proxy.start(() => portOf(exdata));
});
afterEach(async () => {
  await Promise.all(api.splice(0).map((each) => each.close()));
  for (const each of [proxy, ...open.splice(0)]) each.close();
  exdata.closeAllConnections();
  exdata.close();
  for (const name of ['https_proxy', 'HTTPS_PROXY', 'HTTP_PROXY', 'NO_PROXY'])
    Reflect.deleteProperty(process.env, name);
  Object.assign(process.env, environment);
});

function client(options: Partial<ExdataApiOptions>): ExdataApi {
  const made = new ExdataApi({ baseUrl: 'http://exdata.test/api/v1', token: 'tok_1', random: () => 0, ...options });
  api.push(made);
  return made;
}

describe('a proxy', () => {
  it.each<[string, () => ExdataApiOptions['proxy']]>([
    ['given as text', () => proxy.url()],
    ['given as a URL', () => new URL(proxy.url())],
    ['named by the environment', () => ((process.env.HTTP_PROXY = proxy.url()), 'environment')],
    ['named by the environment, where nothing is said', () => ((process.env.HTTP_PROXY = proxy.url()), undefined)],
  ])('%s carries the calls through a tunnel', async (_how, given) => {
    const way = given();
    await client(way === undefined ? {} : { proxy: way }).ping();
    expect(proxy.tunnels).toEqual(['exdata.test:80']);
    expect(received).toMatchObject([{ authorization: 'Bearer tok_1' }]);
  });

  it('is passed by for hosts of NO_PROXY, for this machine, and where it is turned off', async () => {
    process.env.HTTP_PROXY = proxy.url();
    await client({ baseUrl: `http://127.0.0.1:${portOf(exdata)}` }).ping();
    await client({ baseUrl: `http://localhost:${portOf(exdata)}`, proxy: false }).ping();
    process.env.NO_PROXY = 'other.test,exdata.test';
    await expect(client({ retry: { attempts: 1 } }).ping()).rejects.toMatchObject({ code: 'connection' });
    expect([proxy.tunnels, received.length]).toEqual([[], 2]);
  });

  it.each<[string, string, boolean]>([
    ['exdata.test', 'http://exdata.test', false],
    ['.test', 'http://exdata.test', false],
    ['*.test other', 'http://exdata.test', false],
    ['*', 'http://exdata.test', false],
    ['EXDATA.TEST:80', 'http://exdata.test', false],
    ['exdata.test:8080', 'http://exdata.test', true],
    ['data.test, xdata.test,', 'http://exdata.test', true],
    ['exdata.test:443', 'https://exdata.test', false],
  ])('is passed by or not as NO_PROXY says: %s for %s', async (list, baseUrl, isAsked) => {
    Object.assign(process.env, { HTTP_PROXY: proxy.url('corp:wrong'), NO_PROXY: list });
    const failed = client({ baseUrl, retry: { attempts: 1 } }).ping();
    if (isAsked) await expect(failed).rejects.toThrow('the proxy 127.0.0.1');
    else await expect(failed).rejects.not.toThrow('the proxy');
  });

  it('is the one for https where there are two, and a variable in small letters goes first', async () => {
    const { port } = new URL(proxy.url());
    const others = {
      HTTP_PROXY: 'http://other.invalid',
      HTTPS_PROXY: 'http://other.invalid',
      https_proxy: `http://127.0.0.1:${port}`,
    };
    Object.assign(process.env, others);
    await expect(client({ baseUrl: 'https://exdata.test', retry: { attempts: 1 } }).ping()).rejects.toThrow(
      `the proxy 127.0.0.1:${port}`,
    );
  });

  it('of the environment that is no address stops the client by the name of its variable', () => {
    Object.assign(process.env, { HTTPS_PROXY: 'http://corp:hush@@@:x', HTTP_PROXY: 'proxy.corp:3128' });
    expect(() => client({ baseUrl: 'https://exdata.test' })).toThrow(
      new ExdataConfigurationError(
        'ExdataApi cannot work with the environment: HTTPS_PROXY must be the http(s) URL of a proxy, such as http://proxy.corp:3128; ' +
          'HTTP_PROXY must be the http(s) URL of a proxy, such as http://proxy.corp:3128',
      ),
    );
    expect(() => client({ baseUrl: 'https://exdata.test', proxy: false })).not.toThrow();
  });

  it('[U1] carries large uploads as streams, and what fails is repeated as ever', async () => {
    failing = [503];
    const chunk = Buffer.alloc(64 * 1024, 7);
    const chunks = 400;
    let opened = 0;
    const open = () => (
      (opened += 1),
      Readable.from(
        (function* () {
          for (let sent = 0; sent < chunks; sent++) yield chunk;
        })(),
      )
    );
    const file = { open, size: chunk.length * chunks };
    const { data } = await client({ proxy: proxy.url() }).documents.create(
      { file, filename: 'a.pdf' },
      { idempotencyKey: 'key-1' },
    );
    expect([data.id, opened, received.length]).toEqual(['7', 2, 2]);
    for (const { bytes } of received) expect(bytes).toBeGreaterThan(file.size);
  });

  it('that refuses is a failed connection, which shows neither its password nor the token', async () => {
    for (const url of [proxy.url('corp:wrong-hush'), proxy.url()]) {
      proxy.refuses = true;
      const error: unknown = await client({ proxy: url, retry: { attempts: 1 } })
        .ping()
        .catch((thrown: unknown) => thrown);
      expect(error).toMatchObject({ code: 'connection', retryable: true });
      expect(inspect(error, { depth: Infinity })).not.toMatch(/hush|tok_1|aHVzaA|Y29ycD/);
    }
    expect(() => client({ proxy: 'socks://corp:hush@127.0.0.1' })).toThrow(
      /proxy must be 'environment', false or the http\(s\) URL of a proxy$/,
    );
  });
});

describe('a private certificate authority', () => {
  it('is trusted where NODE_EXTRA_CA_CERTS names it, through a proxy too, which sees no token', async () => {
    exdata.close();
    const [key, cert] = ['key.pem', 'cert.pem'].map((name) => readFileSync(path.join(folder, name)));
    await startExdata((listener) => createTlsServer({ key, cert }, listener));
    const program = `import { ExdataApi } from 'nestjs-exdata/api';
      const api = new ExdataApi({ baseUrl: process.env.BASE_URL, token: 'tok_1', retry: { attempts: 1 } });
      await api.ping().then(() => console.log('taken'), (error) => console.log(error.code));
      await api.close();`;
    const told = async (variables: Record<string, string>): Promise<string> => {
      const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program], {
        env: { ...environment, ...variables },
      });
      return stdout.trim();
    };
    const trust = { NODE_EXTRA_CA_CERTS: path.join(folder, 'ca.pem') };
    expect(await told({ BASE_URL: `https://localhost:${portOf(exdata)}` })).toBe('connection');
    expect(await told({ BASE_URL: `https://localhost:${portOf(exdata)}`, ...trust })).toBe('taken');
    expect(await told({ BASE_URL: 'https://exdata.test', HTTPS_PROXY: proxy.url(), ...trust })).toBe('taken');
    expect(proxy.tunnels).toEqual(['exdata.test:443']);
    expect(proxy.bytes).not.toContain('tok_1');

    // Then a certificate of another name, behind a proxy that itself speaks TLS.
    const secure = await Proxy.start(() => portOf(exdata), createTlsServer({ key, cert }));
    open.push(secure);
    const through = `https://corp:hush@localhost:${portOf(secure.server)}`;
    expect(await told({ BASE_URL: 'https://exdata.test', HTTPS_PROXY: through, ...trust })).toBe('taken');
    expect(await told({ BASE_URL: 'https://other.test', HTTPS_PROXY: through, ...trust })).toBe('connection');
    expect(secure.tunnels).toEqual(['exdata.test:443', 'other.test:443']);
  });
});
