import { Table, TableIndex } from 'typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { big, id, long, maybe, text, work } from './columns.js';
import { addColumns, createTables, dropTables, prefixed } from './tables.js';

const tables = [
  new Table({
    name: 'exdata_account',
    columns: [
      text('id', 64, { isPrimary: true }),
      text('hold_id', 36, maybe),
      text('hold_reason', 32, maybe),
      big('held_since', maybe),
      text('hold_request_id', 128, maybe),
      text('probe_row_id', 36, maybe),
      big('not_before', maybe),
      big('upload_not_before', maybe),
      big('limited_since', maybe),
      ...work,
    ],
    indices: [{ name: 'exdata_account_due', columnNames: ['due_at'] }],
  }),
  new Table({
    name: 'exdata_alert',
    columns: [
      id,
      text('account', 64),
      text('kind', 32),
      text('cause', 191),
      text('code', 64),
      long('message', { isNullable: false }),
      text('source_type', 64, maybe),
      text('source_id', 255, maybe),
      text('exdata_id', 64, maybe),
      text('request_id', 128, maybe),
      big('created_at'),
      big('retry_at', maybe),
      text('outcome', 16),
      ...work,
    ],
    indices: [
      { name: 'exdata_alert_once', columnNames: ['account', 'kind', 'cause'], isUnique: true },
      { name: 'exdata_alert_due', columnNames: ['outcome', 'due_at'] },
    ],
  }),
];

const documentColumns = [
  text('flag', 32, maybe),
  text('hold_id', 36, maybe),
  long('reason'),
  text('spool_id', 36, maybe),
  long('reference'),
];

/** The accounts' holds and limits, the alerts, and what a document remembers of both. */
export class ExdataHoldsAndAlerts1764100000000 implements MigrationInterface {
  readonly name = 'ExdataHoldsAndAlerts1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTables(runner, tables);
    await addColumns(runner, 'exdata_document', documentColumns);
    await runner.createIndex(
      prefixed(runner, 'exdata_document'),
      new TableIndex({ name: prefixed(runner, 'exdata_document_held'), columnNames: ['account', 'hold_id'] }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    const document = prefixed(runner, 'exdata_document');
    await runner.dropIndex(document, prefixed(runner, 'exdata_document_held'));
    await runner.dropColumns(
      document,
      documentColumns.map(({ name }) => name),
    );
    await dropTables(runner, tables);
  }
}
