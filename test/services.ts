/**
 * Tests that need a server of the outside world. Where the server does not answer they are skipped, and Jest says so;
 * with EXDATA_REQUIRE_SERVICES=1 (as `.ci/run` sets it) they run all the same, and its absence is a failure.
 */
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import process from 'node:process';
import { afterAll, beforeAll, describe } from '@jest/globals';
import pg from 'pg';

const postgresUrl = new URL(process.env.EXDATA_TEST_POSTGRES_URL ?? 'postgres://postgres@127.0.0.1:5432/postgres');

/** Where the servers are looked for. */
export const serviceAddresses = {
  postgres: { host: postgresUrl.hostname, port: Number(postgresUrl.port || '5432') },
  mariadb: { host: '127.0.0.1', port: 3306 },
  redis: { host: '127.0.0.1', port: 6379 },
} as const;

export type ServiceName = keyof typeof serviceAddresses;

/** Whether a missing server fails the tests that need it, instead of skipping them. */
const servicesRequired = process.env.EXDATA_REQUIRE_SERVICES === '1';

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
for (const service of Object.keys(serviceAddresses) as ServiceName[]) reachable.set(service, await isReachable(service));

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
 * Runs a suite on a PostgreSQL database that exists for it alone, and is dropped after it with whatever connections are left.
 * The address is known at once; what it names is there once the hooks and tests run.
 */
export function describeWithPostgres(name: string, body: (database: TestDatabase) => void): void {
  describeWithService('postgres', name, () => {
    const database = `exdata_test_${process.pid}_${randomBytes(4).toString('hex')}`;
    const url = new URL(postgresUrl);
    url.pathname = `/${database}`;
    beforeAll(() => administer(`create database ${database}`));
    afterAll(() => administer(`drop database if exists ${database} with (force)`));
    body({ url: url.href, name: database });
  });
}

async function administer(statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: postgresUrl.href });
  await client.connect();
  try {
    await client.query(statement);
  } finally {
    await client.end();
  }
}
