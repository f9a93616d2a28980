import type { MigrationInterface, QueryRunner } from 'typeorm';
import { clockTables } from './initial/clock.js';
import { documentTables } from './initial/documents.js';
import { handlerTables } from './initial/handlers.js';
import { uploadTables } from './initial/uploads.js';
import { webhookTables } from './initial/webhooks.js';
import { createTables, dropTables } from './tables.js';

const tables = [...documentTables, ...handlerTables, ...uploadTables, ...webhookTables, ...clockTables];

/** The module's tables. */
export class ExdataTables1764600000000 implements MigrationInterface {
  readonly name = 'ExdataTables1764600000000';

  async up(runner: QueryRunner): Promise<void> {
    await createTables(runner, tables);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropTables(runner, tables);
  }
}
