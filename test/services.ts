/**
 * Tests that need a server of the outside world. Where the server does not answer they are skipped, and Jest says so;
 * with EXDATA_REQUIRE_SERVICES=1 (as `.ci/run` sets it) they run all the same, and its absence is a failure.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { connect, createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import process from 'node:process';
import { afterAll, beforeAll, describe } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';

const mariadbUrl = new URL(process.env.EXDATA_TEST_MARIADB_URL ?? 'mysql://root@127.0.0.1:3306');
const postgresUrl = new URL(process.env.EXDATA_TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres');

/** Where the servers are looked for. */
export const serviceAddresses = {
  postgres: { host: postgresUrl.hostname, port: Number(postgresUrl.port || '5432') },
  mariadb: { host: mariadbUrl.hostname, port: Number(mariadbUrl.port || '3306') },
  redis: { host: '127.0.0.1', port: 6379 },
} as const;

export type ServiceName = keyof typeof serviceAddresses;

/** Whether a missing server fails the tests that need it, instead of skipping them. */
export const servicesRequired = process.env.EXDATA_REQUIRE_SERVICES === '1';

/** Whether something accepts connections at the service's address; answers within a second. */
export async function isReachable(service: ServiceName): Promise<boolean> {
  const { host, port } = serviceAddresses[service];
  return new Promise((resolve) => {
    const socket = connect({ host, port, timeout: 1_000 });
    const answer = (reachable: boolean) => {
      socket.destroy();
      resolve(reachable);
    };
    socket
      .once('connect', () => answer(true))
      .once('error', () => answer(false))
      .once('timeout', () => answer(false));
  });
}

const reachable = new Map<ServiceName, boolean>();
for (const service of Object.keys(serviceAddresses) as ServiceName[])
  reachable.set(service, await isReachable(service));

/** `describe`, or its skipping twin with the reason in the name, as the service is there (or required) or not. */
export function describeWithService(service: ServiceName, name: string, body: () => void): void {
  if (servicesRequired || reachable.get(service) === true) {
    describe(name, body);
    return;
  }
  const { host, port } = serviceAddresses[service];
  const { skip: describeSkipped } = describe;
  describeSkipped(`${name} (SKIPPED: no ${service} at ${host}:${port})`, body);
}

/** A database of the test's own. */
export interface TestDatabase {
  /** Address of the fresh, empty database. */
  readonly url: string;
  readonly name: string;
}

/**
 * Runs a suite on a PostgreSQL database that exists for it alone, and is dropped after it with whatever connections are
 * left. The address is known at once; what it names is there once the hooks and tests run.
 */
export function describeWithPostgres(name: string, body: (database: TestDatabase) => void): void {
  describeWithDatabase('postgres', name, body, {
    address: postgresUrl,
    create: (database) => onPostgres(`create database ${database}`),
    drop: (database) => onPostgres(`drop database if exists ${database} with (force)`),
  });
}

/**
 * Runs a suite on a MariaDB database that exists for it alone, as {@link describeWithPostgres} does. Its collation is
 * the usual one, which takes `a` for `A` and passes over trailing spaces.
 */
export function describeWithMariadb(name: string, body: (database: TestDatabase) => void): void {
  describeWithDatabase('mariadb', name, body, {
    address: mariadbUrl,
    create: (database) => onMariadb(`create database ${database} character set utf8mb4 collate utf8mb4_general_ci`),
    drop: (database) => onMariadb(`drop database if exists ${database}`),
  });
}

interface Server {
  readonly address: URL;
  create(database: string): Promise<void>;
  drop(database: string): Promise<void>;
}

function describeWithDatabase(
  service: ServiceName,
  name: string,
  body: (database: TestDatabase) => void,
  server: Server,
): void {
  describeWithService(service, name, () => {
    const database = `exdata_test_${process.pid}_${randomBytes(4).toString('hex')}`;
    const url = new URL(server.address);
    url.pathname = `/${database}`;
    beforeAll(() => server.create(database));
    afterAll(() => server.drop(database));
    body({ url: url.href, name: database });
  });
}

/**
 * A Redis of the test's own, to be stopped, started and emptied. Its data lives in memory, and is gone when it is
 * stopped.
 */
export class TestRedis {
  #server: ChildProcess | undefined;

  private constructor(readonly port: number) {}

  static async start(): Promise<TestRedis> {
    const redis = new TestRedis(await freePort());
    await redis.start();
    return redis;
  }

  /** Starts the server on its port, unless it runs; resolves when it answers. */
  async start(): Promise<void> {
    if (this.#server) return;
    const flags = ['--port', String(this.port), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'];
    const server = spawn('redis-server', flags, { stdio: ['ignore', 'pipe', 'inherit'] });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      server.once('error', reject).once('exit', () => reject(new Error(`redis-server ended:\n${said}`)));
      server.stdout.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('Ready to accept connections')) resolve();
      });
    });
  }

  /** Ends the server as a power cut would. Safe to call twice. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server?.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }

  /** Sends one command that has no blanks in its words; gives what the server says, unparsed. */
  async command(...words: string[]): Promise<string> {
    const socket = connect({ host: '127.0.0.1', port: this.port });
    socket.write(`${words.join(' ')}\r\n`);
    const [answer] = (await once(socket.setEncoding('utf8'), 'data')) as [string];
    socket.destroy();
    return answer;
  }
}

/** Runs a suite that starts Redis servers of its own; needs the program, not a running server. */
export function describeWithRedisProgram(name: string, body: () => void): void {
  if (servicesRequired || spawnSync('redis-server', ['--version']).status === 0) {
    describe(name, body);
    return;
  }
  const { skip: describeSkipped } = describe;
  describeSkipped(`${name} (SKIPPED: no redis-server to start)`, body);
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

async function onPostgres(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl.href });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}

async function onMariadb(statement: string): Promise<void> {
  const connection = await createConnection(mariadbUrl.href);
  try {
    await connection.query(statement);
  } finally {
    await connection.end();
  }
}
