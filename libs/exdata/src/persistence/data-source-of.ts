import type { DataSource } from 'typeorm';

/** TypeORM 1 calls `dataSource` what 0.3 calls `connection`. */
export function dataSourceOf({
  dataSource,
  connection,
}: {
  dataSource?: DataSource;
  connection?: DataSource;
}): DataSource {
  const found = dataSource ?? connection;
  if (!found)
    throw new Error(
      'this version of TypeORM is not supported: its query runners and managers do not name their data source',
    );
  return found;
}
