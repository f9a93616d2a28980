import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { exdataEntities, exdataMigrations } from 'nestjs-exdata';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import { DataSource, DefaultNamingStrategy } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { checkSchema } from '../../libs/exdata/src/persistence/index.js';
import { Host } from '../life/host.js';
import { describeWithMariadbProgram, MariadbServer } from '../mariadb-server.js';
import { describeWithPostgresProgram, PostgresServer } from '../postgres-server.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';

const module = { entities: [...exdataEntities], migrations: [...exdataMigrations] };

/** What the start says of such a DataSource, after its migrations have run where they can. */
async function lackOf(options: DataSourceOptions): Promise<string | null> {
  const source = await new DataSource({ ...module, ...options }).initialize();
  try {
    return await checkSchema(source);
  } finally {
    await source.destroy();
  }
}

async function onPostgres(url: string, ...statements: string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  for (const statement of statements) await client.query(statement);
  await client.end();
}

async function onMariadb(url: string, ...statements: string[]): Promise<void> {
  const connection = await createConnection(url);
  for (const statement of statements) await connection.query(statement);
  await connection.end();
}

class Unhelpful extends DefaultNamingStrategy {
  override tableName(): string {
    return 'table';
  }
}

describe('the start, whatever the database', () => {
  it('fails with ExdataConfigurationError and the fix', async () => {
    await expect(Host.start({ tables: false })).rejects.toMatchObject({
      name: 'ExdataConfigurationError',
      message: expect.stringMatching(
        /cannot use the database: table exdata_document does not exist: add \.\.\.exdataMigrations/,
      ),
    });
  });

  it('names a naming strategy that throws tables together', async () => {
    const lack = await lackOf({ type: 'better-sqlite3', database: ':memory:', namingStrategy: new Unhelpful() });
    expect(lack).toMatch(/`namingStrategy` \(Unhelpful\) calls the tables of ExdataLink and of \w+ both table/);
  });

  it('names the settings by which a table is missed that is there under another name', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'exdata-start-'));
    const file = { type: 'better-sqlite3', database: path.join(folder, 'a.sqlite') } as const;
    expect(await lackOf({ ...file, migrationsRun: true })).toBeNull();
    expect(await lackOf({ ...file, entityPrefix: 'app_' })).toMatch(
      /^table app_exdata_document does not exist \(exdata_document does: it was made with other settings\), so named by entityPrefix 'app_': add/,
    );
    await rm(folder, { recursive: true });
  });

  it('says that a file is read-only', async () => {
    const folder = await mkdtemp(path.join(tmpdir(), 'exdata-start-'));
    const file = { type: 'better-sqlite3', database: path.join(folder, 'a.sqlite') } as const;
    expect(await lackOf({ ...file, migrationsRun: true })).toBeNull();
    await chmod(file.database, 0o400);
    expect(await lackOf({ ...file, readonly: true })).toMatch(
      /cannot be written to exdata_document_event \(SQLITE_READONLY\)/,
    );
    await rm(folder, { recursive: true });
  });
});

describeWithPostgres('the start on PostgreSQL', ({ url, name }) => {
  it('names what is read-only', async () => {
    expect(await lackOf({ type: 'postgres', url, migrationsRun: true })).toBeNull();
    await onPostgres(url, `alter database ${name} set default_transaction_read_only = on`);
    expect(await lackOf({ type: 'postgres', url })).toMatch(/read-only: set default_transaction_read_only to off/);
    await onPostgres(
      url,
      'set default_transaction_read_only = off',
      `alter database ${name} reset default_transaction_read_only`,
    );
  });

  it('names a search_path that leads nowhere', async () => {
    const options = { type: 'postgres', url, extra: { options: '-c search_path=nowhere' } } as const;
    expect(await lackOf(options)).toMatch(
      /search_path \(nowhere\) exists: create one, or set the DataSource's `schema`/,
    );
  });

  it('names grants that are missing', async () => {
    const role = `${name}_reader`;
    await onPostgres(url, `create role ${role} login`, `grant select on all tables in schema public to ${role}`);
    const reader = new URL(url);
    reader.username = role;
    expect(await lackOf({ type: 'postgres', url: reader.href })).toMatch(
      /\(42501\): give the connection's role select, insert, update/,
    );
    await onPostgres(url, `drop owned by ${role}`, `drop role ${role}`);
  });

  it('works where the host has made transactions serializable', async () => {
    await onPostgres(url, `alter database ${name} set default_transaction_isolation = 'serializable'`);
    const host = await Host.start({ database: { type: 'postgres', url } });
    const ids = ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h'];
    const exdataIds = await Promise.all(ids.map((id) => host.pending(id)));
    await Promise.all(exdataIds.map((id) => host.sandbox.documents.finish(id)));
    for (const id of ids) await host.handled(id);
    expect(await Promise.all(ids.map((id) => host.bills(id)))).toEqual(ids.map(() => [{ status: 'completed' }]));
    await host.close();
  });
});

describeWithPostgresProgram('the start on a replica and in another encoding', () => {
  let primary: PostgresServer;
  beforeAll(async () => {
    primary = await PostgresServer.start();
  });
  afterAll(() => primary.remove());

  it('names the replica', async () => {
    const replica = await primary.replica();
    expect(await lackOf({ type: 'postgres', url: replica.url })).toMatch(
      /a replica, which takes no writes: give the DataSource the address of the primary/,
    );
    await replica.remove();
  });

  it('names the encoding', async () => {
    await onPostgres(primary.url, "create database latin encoding 'LATIN1' locale 'C' template template0");
    const url = primary.url.replace(/\/postgres$/, '/latin');
    expect(await lackOf({ type: 'postgres', url })).toMatch(
      /encoded in LATIN1, which cannot hold every text: create it with encoding 'UTF8'/,
    );
  });
});

describeWithMariadb('the start on MariaDB', ({ url }) => {
  it('names the character set of the connection', async () => {
    expect(await lackOf({ type: 'mariadb', url, migrationsRun: true })).toBeNull();
    expect(await lackOf({ type: 'mariadb', url, charset: 'UTF8_GENERAL_CI' })).toMatch(
      /speaks utf8(mb3)? \(character_set_client\), which cannot carry every text: replace `charset: 'UTF8_GENERAL_CI'` by `charset: 'utf8mb4_unicode_ci'`/,
    );
    expect(await lackOf({ type: 'mariadb', url, charset: 'utf8mb4_unicode_ci' })).toBeNull();
  });

  it('names an engine without transactions', async () => {
    await onMariadb(url, 'alter table exdata_alert engine = MyISAM');
    expect(await lackOf({ type: 'mariadb', url })).toMatch(
      /exdata_alert has the engine MyISAM, which knows no transactions: alter table/,
    );
    await onMariadb(url, 'alter table exdata_alert engine = InnoDB');
  });
});

describeWithMariadbProgram('the start on a MariaDB with settings of its own', () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start(['--log-bin', '--binlog-format=STATEMENT', '--server-id=1']);
    await onMariadb(server.url(''), 'create database test character set utf8mb4');
    const source = await new DataSource({ ...module, type: 'mariadb', url: server.url() }).initialize();
    await source.runMigrations();
    await source.destroy();
  });
  afterAll(() => server.remove());

  it('names the format of the binary log', async () => {
    const lack =
      /binary log by statement, which takes no write of a READ COMMITTED transaction: set binlog_format to ROW or MIXED/;
    expect(await lackOf({ type: 'mariadb', url: server.url() })).toMatch(lack);
    await onMariadb(server.url(), "set global binlog_format = 'MIXED'");
    expect(await lackOf({ type: 'mariadb', url: server.url() })).toBeNull();
  });

  it('names a mode under which quoted text means something else', async () => {
    await onMariadb(server.url(), "set global sql_mode = 'STRICT_TRANS_TABLES,NO_BACKSLASH_ESCAPES'");
    expect(await lackOf({ type: 'mariadb', url: server.url() })).toMatch(/NO_BACKSLASH_ESCAPES/);
    await onMariadb(server.url(), "set global sql_mode = 'STRICT_TRANS_TABLES'");
  });

  it('names a limit on statements that is less than a batch of deliveries', async () => {
    await onMariadb(server.url(), 'set global max_allowed_packet = 8388608');
    const database = { type: 'mariadb', url: server.url() } as const;
    await expect(Host.start({ database })).rejects.toMatchObject({
      name: 'ExdataConfigurationError',
      message: expect.stringMatching(
        /max_allowed_packet of the server is 8388608, and a batch of deliveries may take 9437184 bytes: raise it .* or lower webhook\.inbox\.maxBatchBytes/,
      ),
    });
    const host = await Host.start({ database, options: { webhook: { inbox: { maxBatchBytes: 2_000_000 } } } });
    await host.close();
    await onMariadb(server.url(), 'set global max_allowed_packet = 16777216');
  });

  it('names a server that takes no writes', async () => {
    await onMariadb(
      server.url(),
      'create user writer@127.0.0.1',
      'grant all on test.* to writer@127.0.0.1',
      'set global read_only = 1',
    );
    const url = server.url().replace('root@', 'writer@');
    expect(await lackOf({ type: 'mariadb', url })).toMatch(/\(ER_OPTION_PREVENTS_STATEMENT\): the server is read-only/);
    await onMariadb(server.url(), 'set global read_only = 0');
  });
});
