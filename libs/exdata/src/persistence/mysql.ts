import type { DataSource, QueryRunner } from 'typeorm';
import { z } from 'zod';

/** Whether the DataSource speaks to MySQL or MariaDB; either type of TypeORM may be used for either server. */
export function isMysql(dataSource: DataSource | undefined): boolean {
  return dataSource?.options.type === 'mysql' || dataSource?.options.type === 'mariadb';
}

const versions = z.tuple([z.object({ version: z.string() })]);

/**
 * The collation that tells texts apart by each character, trailing spaces too. The two servers have one each, and not
 * the other's.
 */
export async function textCollation(runner: QueryRunner): Promise<string> {
  const [{ version }] = versions.parse(await runner.query('select version() as version'));
  return /mariadb/i.test(version) ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin';
}
