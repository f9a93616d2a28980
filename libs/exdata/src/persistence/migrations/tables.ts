import { TableColumn } from 'typeorm';
import type { QueryRunner, Table } from 'typeorm';
import { dataSourceOf } from '../data-source-of.js';
import { isMysql, textCollation } from '../mysql.js';
import type { Column } from './columns.js';

/** The table's or index's name as the host's DataSource prefixes it; index names carry the prefix too, since PostgreSQL and SQLite keep them apart by name alone. */
export function prefixed(runner: QueryRunner, name: string): string {
  return (dataSourceOf(runner).options.entityPrefix ?? '') + name;
}

/** Creates the tables in the words of the runner's database, each unless it is there. */
export async function createTables(runner: QueryRunner, tables: readonly Table[]): Promise<void> {
  for (const table of tables) {
    const copy = table.clone();
    copy.name = prefixed(runner, table.name);
    for (const index of copy.indices) index.name = prefixed(runner, index.name ?? '');
    copy.columns = await columnsFor(runner, copy.columns);
    // Only this engine of MySQL has transactions.
    if (isMysql(dataSourceOf(runner))) copy.engine = 'InnoDB';
    await runner.createTable(copy, true);
  }
}

/** Adds columns to a table of the module, in the words of the runner's database. */
export async function addColumns(runner: QueryRunner, table: string, columns: readonly Column[]): Promise<void> {
  await runner.addColumns(prefixed(runner, table), await columnsFor(runner, columns));
}

/** Gives columns of text another length, in place: TypeORM would drop them and add them anew. SQLite keeps text of any length. */
export async function resizeColumns(runner: QueryRunner, table: string, columns: readonly Column[]): Promise<void> {
  const dataSource = dataSourceOf(runner);
  if (dataSource.options.type === 'better-sqlite3') return;
  const escape = (name: string): string => dataSource.driver.escape(name);
  const changes = (await columnsFor(runner, columns)).map((column) => {
    const type = `varchar(${column.length})`;
    if (!isMysql(dataSource)) return `alter column ${escape(column.name)} type ${type}`;
    const { charset = '', collation = '', isNullable } = column;
    return `modify ${escape(column.name)} ${type} character set ${charset} collate ${collation} ${isNullable ? 'null' : 'not null'}`;
  });
  await runner.query(`alter table ${escape(prefixed(runner, table))} ${changes.join(', ')}`);
}

/** Drops tables that {@link createTables} made, the last one first. */
export async function dropTables(runner: QueryRunner, tables: readonly Table[]): Promise<void> {
  for (const table of [...tables].reverse()) await runner.dropTable(prefixed(runner, table.name), true);
}

async function columnsFor(runner: QueryRunner, columns: readonly Column[]): Promise<TableColumn[]> {
  const dataSource = dataSourceOf(runner);
  const wording = isMysql(dataSource)
    ? wordsOfMysql(await textCollation(runner))
    : dataSource.options.type === 'postgres'
      ? wordsOfPostgres
      : {};
  return columns.map((column) => new TableColumn({ ...column, ...wording[column.type] }));
}

type Wording = Readonly<Record<string, Partial<Column>>>;

const wordsOfPostgres: Wording = { blob: { type: 'bytea' } };

/**
 * MySQL's `text` and `blob` end at 64 KiB, and its usual collations take `a` for `A` and pass over trailing spaces, which would make two documents one.
 */
const wordsOfMysql = (collation: string): Wording => ({
  blob: { type: 'longblob' },
  text: { type: 'longtext', charset: 'utf8mb4', collation },
  varchar: { charset: 'utf8mb4', collation },
});
