import { Table, TableIndex } from 'typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dataSourceOf } from '../data-source-of.js';
import { big, bytes, id, maybe, text, whole } from './columns.js';
import { createTables, dropTables, prefixed } from './tables.js';

const tables = [
  new Table({ name: 'exdata_spool', columns: [id, whole('chunks'), big('written_at'), big('kept_at', maybe)] }),
  new Table({
    name: 'exdata_spool_chunk',
    columns: [text('spool_id', 36, { isPrimary: true }), whole('position', { isPrimary: true }), bytes('bytes')],
  }),
];

/** The spool in the database. */
export class ExdataSpool1764200000000 implements MigrationInterface {
  readonly name = 'ExdataSpool1764200000000';

  async up(runner: QueryRunner): Promise<void> {
    const ledger = prefixed(runner, 'exdata_document');
    await createTables(runner, tables);
    await runner.createIndex(ledger, new TableIndex({ name: prefixed(runner, 'exdata_document_spool'), columnNames: ['spool_id'] }));
    // Before there were spool ids, bytes were spooled under the id of their row.
    const name = dataSourceOf(runner).driver.escape(ledger);
    await runner.query(`update ${name} set spool_id = id where spool_id is null and reference is null`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropIndex(prefixed(runner, 'exdata_document'), prefixed(runner, 'exdata_document_spool'));
    await dropTables(runner, tables);
  }
}
