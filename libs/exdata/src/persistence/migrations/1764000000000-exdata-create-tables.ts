import { Table } from 'typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { big, id, long, maybe, text, whole, work, yesOrNo } from './columns.js';
import { createTables, dropTables } from './tables.js';

const tables = [
  new Table({
    name: 'exdata_document',
    columns: [
      id,
      text('account', 64),
      text('source_type', 64),
      text('source_id', 255),
      whole('generation'),
      text('state', 16),
      text('idempotency_key', 255),
      text('correlation_id', 64),
      text('sha256', 64),
      big('size'),
      text('filename', 255),
      text('content_type', 127),
      text('locale', 35, maybe),
      long('custom_types'),
      long('text'),
      text('exdata_id', 64, maybe),
      text('exdata_mode', 16, maybe),
      text('exdata_status', 64, maybe),
      text('run_id', 64, maybe),
      yesOrNo('is_e_invoice', maybe),
      long('processing_stage'),
      long('processing_error'),
      long('blocked_reason'),
      text('request_id', 128, maybe),
      long('observed'),
      long('problem'),
      big('created_at'),
      big('updated_at'),
      big('first_sent_at', maybe),
      big('pending_since', maybe),
      ...work,
    ],
    indices: [
      { name: 'exdata_document_source', columnNames: ['account', 'source_type', 'source_id', 'generation'], isUnique: true },
      { name: 'exdata_document_exdata_id', columnNames: ['account', 'exdata_id'], isUnique: true },
      { name: 'exdata_document_correlation', columnNames: ['correlation_id'], isUnique: true },
      { name: 'exdata_document_due', columnNames: ['state', 'due_at'] },
      { name: 'exdata_document_created', columnNames: ['created_at', 'id'] },
    ],
  }),
  new Table({
    name: 'exdata_document_event',
    columns: [
      id,
      text('document_row_id', 36),
      whole('position'),
      big('at'),
      text('what', 64),
      text('request_id', 128, maybe),
      text('delivery_id', 255, maybe),
      long('detail'),
    ],
    indices: [{ name: 'exdata_document_event_document', columnNames: ['document_row_id', 'at'] }],
  }),
  new Table({
    name: 'exdata_handler_run',
    columns: [
      id,
      text('document_row_id', 36),
      text('run_key', 64),
      text('status', 16),
      text('handler', 191),
      text('outcome', 16),
      long('observed', { isNullable: false }),
      text('request_id', 128, maybe),
      big('created_at'),
      ...work,
    ],
    indices: [
      { name: 'exdata_handler_run_once', columnNames: ['document_row_id', 'run_key', 'status', 'handler'], isUnique: true },
      { name: 'exdata_handler_run_due', columnNames: ['outcome', 'due_at'] },
    ],
  }),
  new Table({
    name: 'exdata_delivery',
    columns: [
      id,
      text('account', 64),
      text('delivery_id', 255),
      text('event', 128),
      big('sent_at'),
      big('received_at'),
      text('body_sha256', 64),
      long('body', { isNullable: false }),
      text('secret_id', 64),
      text('outcome', 24),
      text('exdata_id', 64, maybe),
      text('request_id', 128, maybe),
      ...work,
    ],
    indices: [
      { name: 'exdata_delivery_once', columnNames: ['account', 'delivery_id', 'body_sha256'], isUnique: true },
      { name: 'exdata_delivery_due', columnNames: ['outcome', 'due_at'] },
    ],
  }),
];

/** The module's tables, under the table prefix of the host's DataSource. */
export class ExdataCreateTables1764000000000 implements MigrationInterface {
  readonly name = 'ExdataCreateTables1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTables(runner, tables);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, tables);
  }
}
