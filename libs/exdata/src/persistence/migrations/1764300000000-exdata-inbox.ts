import { TableIndex } from 'typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { yesOrNo } from './columns.js';
import { addColumns, prefixed } from './tables.js';

const columns = [yesOrNo('body_dropped', { default: false }), yesOrNo('conflicting_id', { default: false })];

/** What the inbox remembers of delivery ids that came with other bytes, and of bodies whose time was over; the order in which it forgets. */
export class ExdataInbox1764300000000 implements MigrationInterface {
  readonly name = 'ExdataInbox1764300000000';

  async up(runner: QueryRunner): Promise<void> {
    await addColumns(runner, 'exdata_delivery', columns);
    await runner.createIndex(
      prefixed(runner, 'exdata_delivery'),
      new TableIndex({ name: prefixed(runner, 'exdata_delivery_age'), columnNames: ['body_dropped', 'received_at'] }),
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    const inbox = prefixed(runner, 'exdata_delivery');
    await runner.dropIndex(inbox, prefixed(runner, 'exdata_delivery_age'));
    await runner.dropColumns(
      inbox,
      columns.map(({ name }) => name),
    );
  }
}
