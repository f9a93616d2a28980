import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { ExdataDeliveryService, ExdataLink, ExdataHandlerRun } from 'nestjs-exdata';
import { requestFaults } from 'nestjs-exdata-sandbox';
import type { RequestFacts } from 'nestjs-exdata-sandbox';
import pg from 'pg';
import type { DataSourceOptions } from 'typeorm';
import { DefaultNamingStrategy } from 'typeorm';
import { snakeCase } from 'typeorm/util/StringUtils.js';
import { Host } from '../life/host.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';

/** As typeorm-naming-strategies has it. */
class SnakeNamingStrategy extends DefaultNamingStrategy {
  override tableName(className: string, customName: string | undefined): string {
    return customName ?? snakeCase(className);
  }
  override columnName(propertyName: string, customName: string | undefined, embeddedPrefixes: string[]): string {
    return snakeCase(embeddedPrefixes.join('_')) + (customName ?? snakeCase(propertyName));
  }
}

/** Names tables after their classes, whatever these say, with a prefix of the team's. */
class PascalNamingStrategy extends DefaultNamingStrategy {
  override tableName(className: string): string {
    return `Billing${className}`;
  }
}

/** Renames columns too, with names that no database takes without quotes. */
class UpperNamingStrategy extends DefaultNamingStrategy {
  override tableName(_className: string, customName: string | undefined): string {
    return (customName ?? '').toUpperCase();
  }
  override columnName(propertyName: string, customName: string | undefined): string {
    return `${(customName ?? propertyName).toUpperCase()}_COLUMN`;
  }
}

const onAll: Readonly<Record<string, Partial<DataSourceOptions>>> = {
  entityPrefix: { entityPrefix: 'billing_' },
  'an entityPrefix that leaves index names no room': { entityPrefix: `${'b'.repeat(38)}_` },
  SnakeNamingStrategy: { namingStrategy: new SnakeNamingStrategy() },
  'a strategy that renames tables': { namingStrategy: new PascalNamingStrategy() },
  'a strategy that renames tables and columns': { namingStrategy: new UpperNamingStrategy() },
};

const onPostgres: typeof onAll = {
  schema: { schema: 'app' },
  'schema and entityPrefix': { schema: 'app', entityPrefix: 'billing_' },
  search_path: { extra: { options: '-c search_path=app' } },
};

for (const [name, naming] of Object.entries(onAll)) {
  describe(`${name}, on SQLite`, () =>
    works(() => ({ ...naming, type: 'better-sqlite3', database: ':memory:' }) as DataSourceOptions));
  describeWithMariadb(`${name}, on MariaDB`, ({ url }) =>
    works(() => ({ ...naming, type: 'mariadb', url }) as DataSourceOptions),
  );
}
for (const [name, naming] of Object.entries({ ...onAll, ...onPostgres }))
  describeWithPostgres(`${name}, on PostgreSQL`, ({ url }) => {
    beforeAll(async () => {
      const client = new pg.Client({ connectionString: url });
      await client.connect();
      await client.query('create schema app');
      await client.end();
    });
    works(() => ({ ...naming, type: 'postgres', url }) as DataSourceOptions);
  });

const isUpload = ({ method, path }: RequestFacts): boolean => method === 'POST' && path.endsWith('/documents');

function works(database: () => DataSourceOptions): void {
  let host: Host;
  beforeAll(async () => {
    host = await Host.start({ database: database(), options: { upload: { spool: 'database' } } });
  });
  afterAll(() => host.close());

  it('is what the migrations, the raw statements and the start check use', async () => {
    host.sandbox.faults.request(requestFaults.problem(500, 'odd', 'No.'), { match: isUpload, times: 1 });
    const exdataId = await host.pending('way');
    await host.sandbox.documents.finish(exdataId);
    await host.handled('way');
    const deliveries = host.app.get(ExdataDeliveryService);
    const worked = async (): Promise<boolean> => (await deliveries.list({ outcome: 'open' })).data.length === 0;
    await host.until(worked);
    const [delivery] = (await deliveries.list()).data;
    expect(delivery).toMatchObject({ outcome: 'applied' });
    await deliveries.replay(delivery?.id ?? '');
    await host.until(worked);
    expect(await deliveries.eraseDocument({ source: { type: 'invoice', id: 'way' } })).toMatchObject({
      documents: 1,
      handlerRuns: 1,
    });
    const link = await host.database.manager.findOneByOrFail(ExdataLink, { sourceId: 'way' });
    expect(link).toMatchObject({ state: 'completed', work: { failures: 0 } });
    const run = await host.database.manager.findOneByOrFail(ExdataHandlerRun, { linkId: link.id });
    expect(run.work.finishes).toBe(run.work.starts);
  });

  it('leaves the schema builder nothing to want', async () => {
    expect((await host.database.driver.createSchemaBuilder().log()).upQueries.map(({ query }) => query)).toEqual([]);
  });
}
