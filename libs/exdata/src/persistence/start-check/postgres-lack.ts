import type { QueryRunner } from 'typeorm';
import { z } from 'zod';

const settings = z.tuple([
  z.object({
    replica: z.boolean(),
    read_only: z.string(),
    encoding: z.string(),
    schema: z.string().nullable(),
    path: z.string(),
  }),
]);

/** What keeps a PostgreSQL from holding the module's promises. */
export async function postgresLack(runner: QueryRunner): Promise<string | null> {
  const [{ replica, read_only, encoding, schema, path }] = settings.parse(
    await runner.query(
      "select pg_is_in_recovery() as replica, current_setting('default_transaction_read_only') as read_only, " +
        "current_setting('server_encoding') as encoding, current_schema() as schema, current_setting('search_path') as path",
    ),
  );
  if (replica)
    return 'the server is a replica, which takes no writes: give the DataSource the address of the primary, and replicas under `replication.slaves`';
  if (read_only === 'on')
    return 'the connection is read-only: set default_transaction_read_only to off for its role and its database (alter role … set …)';
  if (encoding !== 'UTF8')
    return `the database is encoded in ${encoding}, which cannot hold every text: create it with encoding 'UTF8' and template template0`;
  if (schema === null)
    return `none of the schemas of search_path (${path}) exists: create one, or set the DataSource's \`schema\``;
  return null;
}
