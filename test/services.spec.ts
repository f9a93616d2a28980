import { expect, it } from '@jest/globals';
import { createConnection } from 'mysql2/promise';
import pg from 'pg';
import type { ServiceName } from './services.js';
import {
  describeWithMariadb,
  describeWithPostgres,
  describeWithService,
  isReachable,
  serviceAddresses,
} from './services.js';

for (const service of Object.keys(serviceAddresses) as ServiceName[]) {
  describeWithService(service, `the service ${service}`, () => {
    it('accepts connections', async () => {
      expect(await isReachable(service)).toBe(true);
    });
  });
}

describeWithPostgres('a PostgreSQL database of the test run', (database) => {
  it('is empty and its own', async () => {
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const found = await client.query<{ name: string; tables: string }>(
      "select current_database() as name, (select count(*) from pg_tables where schemaname = 'public') as tables",
    );
    await client.end();
    expect(found.rows).toEqual([{ name: database.name, tables: '0' }]);
  });
});

describeWithMariadb('a MariaDB database of the test run', (database) => {
  it('is empty and its own', async () => {
    const connection = await createConnection(database.url);
    const [found] = await connection.query(
      'select database() as name, (select count(*) from information_schema.tables where table_schema = database()) as tables',
    );
    await connection.end();
    expect(found).toEqual([{ name: database.name, tables: 0 }]);
  });
});
