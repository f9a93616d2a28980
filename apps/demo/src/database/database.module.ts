import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import { Module } from '@nestjs/common';
import { TypeOrmModule, type TypeOrmModuleOptions } from '@nestjs/typeorm';
import { exdataEntities, exdataMigrations } from 'nestjs-exdata';
import { DraftBill } from '../bills/draft-bill.entity.js';
import { ReviewItem } from '../reviews/review-item.entity.js';
import type { DatabaseAddress } from '../settings/database-address.js';
import { SETTINGS } from '../settings/settings.module.js';
import type { Settings } from '../settings/settings.js';
import { CreateDrafts1795392000000 } from './migrations/create-drafts.js';

/** The host's one DataSource: its own tables and the module's, brought up to date at start. */
@Module({
  imports: [
    TypeOrmModule.forRootAsync({
      inject: [SETTINGS],
      useFactory: ({ database }: Settings) => dataSourceOptions(database),
    }),
  ],
})
export class DatabaseModule {}

async function dataSourceOptions(address: DatabaseAddress): Promise<TypeOrmModuleOptions> {
  const schema = {
    entities: [...exdataEntities, DraftBill, ReviewItem],
    migrations: [...exdataMigrations, CreateDrafts1795392000000],
    migrationsRun: true,
    synchronize: false,
    retryAttempts: 3,
  };
  if (address.kind === 'postgres') return { ...schema, type: 'postgres', url: address.url };
  if (address.kind === 'mariadb') return { ...schema, type: 'mariadb', url: address.url };
  await keepPrivate(address.file);
  return { ...schema, type: 'better-sqlite3', database: address.file, enableWAL: true };
}

/** What stands in invoices is this user's alone to read; SQLite makes its files beside the database like it. */
async function keepPrivate(file: string): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: 0o700 });
  const handle = await open(file, 'a', 0o600);
  await handle.chmod(0o600).finally(() => handle.close());
}
