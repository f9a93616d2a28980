import { type MigrationInterface, type QueryRunner, Table, type TableColumnOptions, TableIndex } from 'typeorm';

const text = (name: string, isNullable = true): TableColumnOptions => ({ name, type: 'text', isNullable });
const varchar = (name: string, length: number, isNullable = true): TableColumnOptions => ({
  name,
  type: 'varchar',
  length: String(length),
  isNullable,
});
const mode: TableColumnOptions = { ...varchar('mode', 8, false), isPrimary: true };
const sourceId: TableColumnOptions = { ...varchar('source_id', 200, false), isPrimary: true };
const createdAt: TableColumnOptions = { name: 'created_at', type: 'bigint' };

const tables = [
  new Table({
    name: 'demo_draft_bill',
    columns: [
      mode,
      sourceId,
      varchar('exdata_document_id', 64, false),
      text('document_type'),
      text('document_number', false),
      varchar('issue_date', 10),
      varchar('payment_due_date', 10),
      text('vendor_name', false),
      text('customer_name'),
      varchar('currency', 3, false),
      varchar('net_amount', 64, false),
      varchar('gross_amount', 64, false),
      varchar('iban', 64),
      text('tax_breakdowns', false),
      createdAt,
    ],
    indices: [new TableIndex({ name: 'demo_draft_bill_created', columnNames: ['mode', 'created_at', 'source_id'] })],
  }),
  new Table({
    name: 'demo_review_item',
    columns: [
      mode,
      sourceId,
      varchar('exdata_document_id', 64, false),
      varchar('outcome', 16, false),
      varchar('request_id', 128),
      text('processing_stage'),
      text('processing_error'),
      text('blocked_reason'),
      text('fields', false),
      text('decision'),
      createdAt,
    ],
    indices: [new TableIndex({ name: 'demo_review_item_created', columnNames: ['mode', 'created_at', 'source_id'] })],
  }),
];

/** The demo's own tables, in words that every database of the demo understands. */
export class CreateDrafts1795392000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const table of tables)
      await runner.createTable(runner.dataSource.options.type === 'mariadb' ? forMariadb(table) : table);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { name } of [...tables].reverse()) await runner.dropTable(name);
  }
}

/**
 * MariaDB's usual collation takes `a` for `A` and passes over trailing spaces, which would make two invoices one; and
 * its `text` ends at 64 KiB.
 */
function forMariadb(table: Table): Table {
  const copy = table.clone();
  for (const column of copy.columns) {
    if (column.type !== 'varchar' && column.type !== 'text') continue;
    if (column.type === 'text') column.type = 'longtext';
    Object.assign(column, { charset: 'utf8mb4', collation: 'utf8mb4_nopad_bin' });
  }
  return copy;
}
