import type { DataSource, QueryRunner } from 'typeorm';
import { z } from 'zod';

/** Whether the DataSource speaks to MySQL or MariaDB; either type of TypeORM may be used for either server. */
export function isMysql(dataSource: DataSource | undefined): boolean {
  return dataSource?.options.type === 'mysql' || dataSource?.options.type === 'mariadb';
}

const versions = z.tuple([z.object({ version: z.string() })]);

/** The collation that tells texts apart by each character, trailing spaces too. The two servers have one each, and not the other's. */
export async function textCollation(runner: QueryRunner): Promise<string> {
  const [{ version }] = versions.parse(await runner.query('select version() as version'));
  return /mariadb/i.test(version) ? 'utf8mb4_nopad_bin' : 'utf8mb4_0900_bin';
}

const collations = z.array(z.object({ collation: z.string().nullable() }));

/** What keeps the tables of a MySQL or MariaDB from holding the module's promises; null when nothing does. */
export async function mysqlLack(runner: QueryRunner, dataSource: DataSource, tables: readonly string[]): Promise<string | null> {
  if (countsChangesOnly(dataSource))
    return "its `flags` switch FOUND_ROWS off, by which a claim on a row is told from none: remove '-FOUND_ROWS'";
  const wanted = await textCollation(runner);
  for (const table of tables) {
    const columns: unknown = await runner.query(
      `select distinct collation_name as collation from information_schema.columns where table_schema = database() and table_name = ? and data_type = 'varchar'`,
      [table],
    );
    const wrong = collations.parse(columns).find(({ collation }) => collation !== wanted);
    if (wrong)
      return `table ${table} has columns of the collation ${String(wrong.collation)}, which does not tell all ids apart: let exdataMigrations create it (they use ${wanted}), not \`synchronize\``;
  }
  return null;
}

const flags = z.array(z.string()).optional();
const connection = z.object({ flags, extra: z.object({ flags }).optional() });

/** mysql2 counts the rows that an update met, unless told to count those that it changed. */
function countsChangesOnly({ options }: DataSource): boolean {
  const given = connection.safeParse(options).data;
  return [given?.flags, given?.extra?.flags].some((list) => list?.includes('-FOUND_ROWS'));
}
