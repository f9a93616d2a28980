import { Table, TableIndex } from 'typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { big, dataSourceOf, id, maybe, prefixed, prefixOf, text, whole } from './columns.js';

const tables = (bytesType: string): Table[] => [
  new Table({ name: 'exdata_spool', columns: [id, whole('chunks'), big('written_at'), big('kept_at', maybe)] }),
  new Table({
    name: 'exdata_spool_chunk',
    columns: [text('spool_id', 36, { isPrimary: true }), whole('position', { isPrimary: true }), { name: 'bytes', type: bytesType }],
  }),
];

/** What each database calls bytes of a chunk's length. */
function bytesTypeOf(runner: QueryRunner): string {
  const { type } = dataSourceOf(runner).options;
  if (type === 'postgres') return 'bytea';
  return type === 'mysql' || type === 'mariadb' ? 'longblob' : 'blob';
}

/** The spool in the database. */
export class ExdataSpool1764200000000 implements MigrationInterface {
  readonly name = 'ExdataSpool1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    const ledger = `${prefixOf(runner)}exdata_document`;
    const index = new TableIndex({ name: `${prefixOf(runner)}exdata_document_spool`, columnNames: ['spool_id'] });
    for (const table of tables(bytesTypeOf(runner))) await runner.createTable(prefixed(runner, table), true);
    await runner.createIndex(ledger, index);
    // Before there were spool ids, bytes were spooled under the id of their row.
    const name = dataSourceOf(runner).driver.escape(ledger);
    await runner.query(`update ${name} set spool_id = id where spool_id is null and reference is null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex(`${prefixOf(runner)}exdata_document`, `${prefixOf(runner)}exdata_document_spool`);
    for (const table of tables(bytesTypeOf(runner)).reverse()) await runner.dropTable(prefixed(runner, table).name, true);
  }
}
