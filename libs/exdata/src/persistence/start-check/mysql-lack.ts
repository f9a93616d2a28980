import type { DataSource, QueryRunner } from 'typeorm';
import { z } from 'zod';
import { exdataEntities } from '../entities.js';
import { textCollation } from '../mysql.js';

const variables = z.array(z.object({ Variable_name: z.string(), Value: z.string() }));

const asked = [
  'log_bin',
  'binlog_format',
  'sql_mode',
  'max_allowed_packet',
  'character_set_client',
  'character_set_connection',
  'character_set_results',
];

/**
 * What keeps a connection to MySQL or MariaDB from holding the module's promises.
 * @param statementBytes of the largest statement that has to pass
 */
export async function connectionLack(
  runner: QueryRunner,
  dataSource: DataSource,
  statementBytes: number,
): Promise<string | null> {
  if (countsChangesOnly(dataSource))
    return "its `flags` switch FOUND_ROWS off, by which a claim on a row is told from none: remove '-FOUND_ROWS'";
  const names = asked.map((name) => `'${name}'`).join(', ');
  const found = variables.parse(await runner.query(`show session variables where variable_name in (${names})`));
  const value = (name: string): string =>
    found.find(({ Variable_name }) => Variable_name.toLowerCase() === name)?.Value ?? '';
  if (value('log_bin') === 'ON' && value('binlog_format') === 'STATEMENT')
    return 'the server writes its binary log by statement, which takes no write of a READ COMMITTED transaction: set binlog_format to ROW or MIXED';
  const narrow = asked.filter((name) => name.startsWith('character_set_')).find((name) => value(name) !== 'utf8mb4');
  if (narrow !== undefined)
    return `its connection speaks ${value(narrow)} (${narrow}), which cannot carry every text: ${charsetFix(dataSource)}`;
  if (value('sql_mode').split(',').includes('NO_BACKSLASH_ESCAPES'))
    return "sql_mode has NO_BACKSLASH_ESCAPES, under which the texts that mysql2 quotes mean something else: take it out of the connection's sql_mode";
  if (Number(value('max_allowed_packet')) < statementBytes)
    return `max_allowed_packet of the server is ${value('max_allowed_packet')}, and a batch of deliveries may take ${statementBytes} bytes: raise it (16M is the servers' default), or lower webhook.inbox.maxBatchBytes and webhook.maxBodyBytes`;
  return null;
}

const columns = z.array(z.object({ collation: z.string().nullable() }));
const engines = z.array(z.object({ engine: z.string().nullable() }));

/** What keeps the tables from it. */
export async function columnLack(runner: QueryRunner, dataSource: DataSource): Promise<string | null> {
  const wanted = await textCollation(runner);
  for (const entity of exdataEntities) {
    const { tableName } = dataSource.getMetadata(entity);
    const [table] = engines.parse(
      await runner.query(
        'select engine as engine from information_schema.tables where table_schema = database() and table_name = ?',
        [tableName],
      ),
    );
    if (table && table.engine !== 'InnoDB')
      return `table ${tableName} has the engine ${String(table.engine)}, which knows no transactions: alter table ${tableName} engine = InnoDB`;
    const found = columns.parse(
      await runner.query(
        `select distinct collation_name as collation from information_schema.columns where table_schema = database() and table_name = ? and data_type = 'varchar'`,
        [tableName],
      ),
    );
    const wrong = found.find(({ collation }) => collation !== wanted);
    if (wrong)
      return `table ${tableName} has columns of the collation ${String(wrong.collation)}, which does not tell all ids apart: let exdataMigrations create it (they use ${wanted})`;
  }
  return null;
}

const flags = z.array(z.string()).optional();
const connection = z.object({
  flags,
  charset: z.string().optional(),
  extra: z.object({ flags, charset: z.string().optional() }).optional(),
});

/** mysql2 counts the rows that an update met, unless told to count those that it changed. */
function countsChangesOnly({ options }: DataSource): boolean {
  const given = connection.safeParse(options).data;
  return [given?.flags, given?.extra?.flags].some((list) => list?.includes('-FOUND_ROWS'));
}

function charsetFix({ options }: DataSource): string {
  const given = connection.safeParse(options).data;
  const charset = given?.charset ?? given?.extra?.charset;
  const fix = "`charset: 'utf8mb4_unicode_ci'` in the options of the DataSource";
  return charset === undefined
    ? `set ${fix}, and let no init_connect change it`
    : `replace \`charset: '${charset}'\` by ${fix}`;
}
