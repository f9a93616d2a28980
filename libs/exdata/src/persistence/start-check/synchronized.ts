import { MigrationExecutor } from 'typeorm';
import type { DataSource, QueryRunner } from 'typeorm';
import { exdataMigrations } from '../migrations/index.js';

/**
 * A DataSource with `synchronize: true` makes its schema itself, for development and tests, but leaves the module's
 * tables alone, since those belong to the module's migrations. They are run here then, and entered where TypeORM enters
 * the host's own: a later change to migrations finds them done.
 */
export async function createWhereSynchronized(runner: QueryRunner, dataSource: DataSource): Promise<void> {
  if (dataSource.options.synchronize !== true) return;
  const migrations = exdataMigrations.map((Migration) => new Migration());
  const own = Object.create(dataSource, { migrations: { value: migrations } }) as DataSource;
  await new MigrationExecutor(own, runner).executePendingMigrations();
}
