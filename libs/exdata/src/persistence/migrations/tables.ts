import { TableColumn } from 'typeorm';
import type { QueryRunner, Table } from 'typeorm';
import { dataSourceOf } from '../data-source-of.js';
import { isMysql, textCollation } from '../mysql.js';
import type { Column } from './columns.js';
import { Names } from './names.js';

/** Creates the tables in the words and under the names of the runner's DataSource, each unless it is there. */
export async function createTables(runner: QueryRunner, tables: readonly Table[]): Promise<void> {
  const names = new Names(runner);
  for (const table of tables) {
    const copy = table.clone();
    copy.name = names.table(table.name);
    for (const index of copy.indices) {
      index.name = names.index(table.name, index.name ?? '');
      index.columnNames = index.columnNames.map((column) => names.column(table.name, column));
    }
    copy.columns = await columnsFor(runner, table.name, copy.columns);
    // Only this engine of MySQL has transactions.
    if (isMysql(dataSourceOf(runner))) copy.engine = 'InnoDB';
    await runner.createTable(copy, true);
  }
}

/** Drops tables that {@link createTables} made, the last one first. */
export async function dropTables(runner: QueryRunner, tables: readonly Table[]): Promise<void> {
  const names = new Names(runner);
  for (const { name } of [...tables].reverse()) await runner.dropTable(names.table(name), true);
}

async function columnsFor(runner: QueryRunner, table: string, columns: readonly Column[]): Promise<TableColumn[]> {
  const dataSource = dataSourceOf(runner);
  const wording = isMysql(dataSource)
    ? wordsOfMysql(await textCollation(runner))
    : dataSource.options.type === 'postgres'
      ? wordsOfPostgres
      : wordsOfSqlite;
  const names = new Names(runner);
  return columns.map((column) => {
    // As TypeORM words the default of an entity's column.
    const isNo = column.default === false && dataSource.options.type !== 'postgres';
    return new TableColumn({
      ...column,
      ...wording[column.type],
      ...(isNo && { default: 0 }),
      name: names.column(table, column.name),
    });
  });
}

type Wording = Readonly<Record<string, Partial<Column>>>;

const wordsOfSqlite: Wording = { int: { type: 'integer' } };

const wordsOfPostgres: Wording = { blob: { type: 'bytea' } };

/**
 * MySQL's `text` and `blob` end at 64 KiB, and its usual collations take `a` for `A` and pass over trailing spaces,
 * which would make two documents one.
 */
const wordsOfMysql = (collation: string): Wording => ({
  blob: { type: 'longblob' },
  text: { type: 'longtext', charset: 'utf8mb4', collation },
  varchar: { charset: 'utf8mb4', collation },
});
