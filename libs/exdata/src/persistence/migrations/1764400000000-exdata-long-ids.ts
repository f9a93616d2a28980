import type { MigrationInterface, QueryRunner } from 'typeorm';
import { maybe, text } from './columns.js';
import { resizeColumns } from './tables.js';

const columnsOf = (length: number) => ({
  exdata_document: [text('exdata_id', length, maybe), text('run_id', length, maybe)],
  exdata_handler_run: [text('run_key', length)],
  exdata_delivery: [text('exdata_id', length, maybe)],
  exdata_alert: [text('exdata_id', length, maybe)],
});

/** Room for every id that is taken from exdata: what could not be stored would be sent again and again. */
export class ExdataLongIds1764400000000 implements MigrationInterface {
  readonly name = 'ExdataLongIds1764400000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const [table, columns] of Object.entries(columnsOf(255))) await resizeColumns(runner, table, columns);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const [table, columns] of Object.entries(columnsOf(64))) await resizeColumns(runner, table, columns);
  }
}
