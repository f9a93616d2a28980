import { Table, TableIndex } from 'typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { dataSourceOf } from '../data-source-of.js';
import { big, id, long, maybe, text, work } from './columns.js';
import { addColumns, createTables, dropTables, prefixed } from './tables.js';

const deadLetter = [text('reason', 32, maybe), big('ended_at', maybe), big('reopened_at', maybe)];

const columns = {
  exdata_document: [big('erased_at', maybe)],
  exdata_handler_run: deadLetter,
  exdata_delivery: [...deadLetter, text('document_row_id', 36, maybe), text('replay_of', 36, maybe), big('asked_at', maybe), long('note')],
};

const indexes = {
  exdata_delivery_asked: ['account', 'exdata_id', 'asked_at'],
  exdata_delivery_received: ['received_at', 'id'],
};

const tables = [
  new Table({
    name: 'exdata_delivery_run',
    columns: [
      id,
      text('delivery_row_id', 36),
      text('account', 64),
      text('effect', 100),
      text('handler', 191),
      text('outcome', 16),
      ...deadLetter,
      big('created_at'),
      ...work,
    ],
    indices: [
      { name: 'exdata_delivery_run_once', columnNames: ['account', 'effect', 'handler'], isUnique: true },
      { name: 'exdata_delivery_run_due', columnNames: ['outcome', 'due_at'] },
      { name: 'exdata_delivery_run_delivery', columnNames: ['delivery_row_id'] },
      { name: 'exdata_delivery_run_age', columnNames: ['created_at'] },
    ],
  }),
  new Table({
    name: 'exdata_seen_body',
    columns: [id, text('account', 64), text('body_sha256', 64), big('seen_at')],
    indices: [
      { name: 'exdata_seen_body_once', columnNames: ['account', 'body_sha256'], isUnique: true },
      { name: 'exdata_seen_body_age', columnNames: ['seen_at'] },
    ],
  }),
];

/** What became of deliveries and handlers, the reads that confirm, and the handlers of raw deliveries. */
export class ExdataDeliveries1764250000000 implements MigrationInterface {
  readonly name = 'ExdataDeliveries1764250000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const [table, added] of Object.entries(columns)) await addColumns(runner, table, added);
    const delivery = prefixed(runner, 'exdata_delivery');
    for (const [name, columnNames] of Object.entries(indexes))
      await runner.createIndex(delivery, new TableIndex({ name: prefixed(runner, name), columnNames }));
    await createTables(runner, tables);
    const escaped = dataSourceOf(runner).driver.escape(delivery);
    // It was an outcome of its own before reasons were kept.
    await runner.query(`update ${escaped} set outcome = 'dead', reason = 'unknown-document' where outcome = 'unknown-document'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, tables);
    const delivery = prefixed(runner, 'exdata_delivery');
    for (const name of Object.keys(indexes)) await runner.dropIndex(delivery, prefixed(runner, name));
    for (const [table, added] of Object.entries(columns))
      await runner.dropColumns(
        prefixed(runner, table),
        added.map(({ name }) => name),
      );
  }
}
