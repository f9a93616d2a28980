import { Table, TableColumn, TableIndex } from 'typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { big, id, long, maybe, prefixed, prefixOf, text, work } from './columns.js';

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
    const prefix = prefixOf(runner);
    for (const table of tables) await runner.createTable(prefixed(runner, table), true);
    await runner.addColumns(
      `${prefix}exdata_document`,
      documentColumns.map((column) => new TableColumn(column)),
    );
    await runner.createIndex(
      `${prefix}exdata_document`,
      new TableIndex({ name: `${prefix}exdata_document_held`, columnNames: ['account', 'hold_id'] }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    const prefix = prefixOf(runner);
    await runner.dropIndex(`${prefix}exdata_document`, `${prefix}exdata_document_held`);
    await runner.dropColumns(
      `${prefix}exdata_document`,
      documentColumns.map(({ name }) => name),
    );
    for (const table of [...tables].reverse()) await runner.dropTable(prefixed(runner, table).name, true);
  }
}
