import type { DataSource, QueryRunner, Table, TableColumnOptions } from 'typeorm';

type Column = TableColumnOptions;
export const text = (name: string, length: number, more: Partial<Column> = {}): Column => ({
  name,
  type: 'varchar',
  length: String(length),
  ...more,
});
export const long = (name: string, more: Partial<Column> = {}): Column => ({ name, type: 'text', isNullable: true, ...more });
export const whole = (name: string, more: Partial<Column> = {}): Column => ({ name, type: 'int', ...more });
/** Epoch ms, or a count of bytes. */
export const big = (name: string, more: Partial<Column> = {}): Column => ({ name, type: 'bigint', ...more });
export const maybe = { isNullable: true };

export const id = text('id', 36, { isPrimary: true });
export const work: Column[] = [
  big('due_at', maybe),
  big('lease_until', maybe),
  whole('fence'),
  whole('starts'),
  whole('finishes'),
  whole('failures'),
  long('last_error'),
];

/** TypeORM 1 calls `dataSource` what 0.3 calls `connection`. */
export function dataSourceOf({ dataSource, connection }: { dataSource?: DataSource; connection?: DataSource }): DataSource {
  const found = dataSource ?? connection;
  if (!found) throw new Error('this version of TypeORM is not supported: its query runner does not name its data source');
  return found;
}

export function prefixOf(runner: QueryRunner): string {
  return dataSourceOf(runner).options.entityPrefix ?? '';
}

/** Names as the host's DataSource prefixes them; index names carry the prefix too, since PostgreSQL and SQLite keep them apart by name alone. */
export function prefixed(runner: QueryRunner, table: Table): Table {
  const prefix = prefixOf(runner);
  const copy = table.clone();
  copy.name = prefix + table.name;
  for (const index of copy.indices) index.name = prefix + (index.name ?? '');
  return copy;
}
