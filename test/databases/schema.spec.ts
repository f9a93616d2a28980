import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ExdataLink, exdataEntities, exdataMigrations } from 'nestjs-exdata';
import { Column, DataSource, Entity, PrimaryColumn } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { Host } from '../life/host.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';

/** Of the host itself. */
@Entity({ name: 'customers' })
class Customer {
  @PrimaryColumn({ type: 'varchar', length: 36 })
  id!: string;

  @Column({ type: 'text' })
  name!: string;
}

describe('the schema on SQLite', () => {
  belongsToTheModule(() => ({ type: 'better-sqlite3', database: ':memory:' }));
  isWhatEntitiesSay(() => ({ type: 'better-sqlite3', database: ':memory:' }));
});
describeWithPostgres('the schema on PostgreSQL', ({ url }) => {
  belongsToTheModule(() => ({ type: 'postgres', url }));
  isMadeBySynchronize(() => ({ type: 'postgres', url }));
  isWhatEntitiesSay(() => ({ type: 'postgres', url }));
});
describeWithMariadb('the schema on MariaDB', ({ url }) => {
  belongsToTheModule(() => ({ type: 'mariadb', url }));
  isMadeBySynchronize(() => ({ type: 'mariadb', url }));
});
describeWithMariadb('the schema on MariaDB, under the type of MySQL', ({ url }) =>
  belongsToTheModule(() => ({ type: 'mysql', url })),
);

const module = { entities: [...exdataEntities, Customer], migrations: [...exdataMigrations] };
const text = 'Straße 東京 🧾 '.repeat(10_000);

function belongsToTheModule(options: () => DataSourceOptions): void {
  let source: DataSource;
  beforeAll(async () => {
    source = await new DataSource({ ...module, ...options(), migrationsRun: true }).initialize();
  });
  afterAll(() => source.destroy());

  it('is wanted otherwise by nobody: a migration that the host generates is about its own tables alone', async () => {
    const { upQueries } = await source.driver.createSchemaBuilder().log();
    expect(upQueries.map(({ query }) => query).filter((query) => /exdata/i.test(query))).toEqual([]);
    expect(upQueries.map(({ query }) => query)).toEqual([expect.stringContaining('customers')]);
  });

  it('keeps what is in it when the host synchronizes', async () => {
    await source.query(insertOf(source), [text]);
    await source.synchronize();
    expect(await source.query("select detail from exdata_document_event where what = 'kept'")).toEqual([
      { detail: text },
    ]);
  });
}

function insertOf({ options: { type } }: DataSource): string {
  const place = type === 'postgres' ? '$1' : '?';
  return `insert into exdata_document_event (id, document_row_id, position, at, what, detail) values ('e', 'd', 0, 0, 'kept', ${place})`;
}

function isMadeBySynchronize(options: () => DataSourceOptions): void {
  it('is made at start where the DataSource makes its schema itself, and stays through a restart', async () => {
    const database = {
      ...options(),
      entityPrefix: 'synced_',
      migrationsTableName: 'synced_migrations',
      synchronize: true,
    } as DataSourceOptions;
    const first = await Host.start({ database, tables: false });
    await first.pending('dev');
    await first.end();
    const second = await Host.start({ database, tables: false, after: first });
    const row = await second.database.manager.findOneByOrFail(ExdataLink, { sourceId: 'dev' });
    await second.sandbox.documents.finish(Number(row.exdataId));
    await second.handled('dev');
    expect(await second.bills('dev')).toEqual([{ status: 'completed' }]);
    await second.close();
  });
}

/**
 * On MySQL and MariaDB the tables need what an entity that serves all databases cannot say: character set, collation
 * and long texts.
 */
function isWhatEntitiesSay(options: () => DataSourceOptions): void {
  it('is what the entities say, in each column and index', async () => {
    const source = await new DataSource({ ...module, ...options(), migrationsRun: true }).initialize();
    for (const entity of exdataEntities) source.getMetadata(entity).synchronize = true;
    const { upQueries } = await source.driver.createSchemaBuilder().log();
    await source.destroy();
    expect(upQueries.map(({ query }) => query).filter((query) => /exdata/i.test(query))).toEqual([]);
  });
}
