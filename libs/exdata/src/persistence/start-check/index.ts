import type { DataSource, QueryRunner } from 'typeorm';
import { createWhereSynchronized } from './synchronized.js';
import { metadataLack } from './metadata-lack.js';
export { unknownEntities } from './metadata-lack.js';
import { isMysql } from '../mysql.js';
import { columnLack, connectionLack } from './mysql-lack.js';
import { postgresLack } from './postgres-lack.js';
import { missingTables } from './missing-tables.js';
import { writeLack } from './write-lack.js';

/**
 * What the host's DataSource or its server lacks for the module to keep its promises, with the setting and what to make
 * of it; null when nothing does. Where the DataSource makes its schema itself (`synchronize: true`), the module's
 * tables are made here.
 * @param statementBytes of the largest statement that has to pass, for servers that limit it
 */
export async function checkSchema(dataSource: DataSource, statementBytes = 0): Promise<string | null> {
  const lack = metadataLack(dataSource);
  if (lack !== null) return lack;
  const runner = dataSource.createQueryRunner();
  try {
    const server = await serverLack(runner, dataSource, statementBytes);
    if (server !== null) return server;
    await createWhereSynchronized(runner, dataSource);
    return (
      (await missingTables(runner, dataSource)) ??
      (await columnLackOf(runner, dataSource)) ??
      (await writeLack(runner, dataSource))
    );
  } finally {
    if (dataSource.options.type !== 'better-sqlite3') await runner.release();
  }
}

async function serverLack(runner: QueryRunner, dataSource: DataSource, statementBytes: number): Promise<string | null> {
  if (isMysql(dataSource)) return connectionLack(runner, dataSource, statementBytes);
  return dataSource.options.type === 'postgres' ? postgresLack(runner) : null;
}

async function columnLackOf(runner: QueryRunner, dataSource: DataSource): Promise<string | null> {
  return isMysql(dataSource) ? columnLack(runner, dataSource) : null;
}
