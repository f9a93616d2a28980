import { mkdir } from 'node:fs/promises';
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
  imports: [TypeOrmModule.forRootAsync({ inject: [SETTINGS], useFactory: ({ database }: Settings) => dataSourceOptions(database) })],
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
  await mkdir(path.dirname(address.file), { recursive: true });
  return { ...schema, type: 'better-sqlite3', database: address.file, enableWAL: true };
}
