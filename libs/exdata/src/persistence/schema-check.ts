import type { DataSource } from 'typeorm';
import { exdataEntities } from './entities.js';
import { isMysql, mysqlLack } from './mysql.js';

const supported: readonly string[] = ['better-sqlite3', 'postgres', 'mysql', 'mariadb'];

/** What the host's DataSource lacks for the module to keep its promises, with the line to add; null when nothing does. */
export async function checkSchema(dataSource: DataSource): Promise<string | null> {
  if (!supported.includes(dataSource.options.type)) return `'${dataSource.options.type}' is not supported; ${supported.join(', ')} are`;
  const unknown = exdataEntities.filter((entity) => !dataSource.hasMetadata(entity)).map((entity) => entity.name);
  if (unknown.length > 0) return `the DataSource does not know ${unknown.join(', ')}: add ...exdataEntities to its \`entities\``;
  const runner = dataSource.createQueryRunner();
  try {
    for (const entity of exdataEntities) {
      const { tablePath } = dataSource.getMetadata(entity);
      if (!(await runner.hasTable(tablePath)))
        return `table ${tablePath} does not exist: add ...exdataMigrations to the DataSource's \`migrations\` and run them (migrationsRun: true, or typeorm migration:run)`;
    }
    const tables = exdataEntities.map((entity) => dataSource.getMetadata(entity).tableName);
    return isMysql(dataSource) ? await mysqlLack(runner, dataSource, tables) : null;
  } finally {
    if (dataSource.options.type !== 'better-sqlite3') await runner.release();
  }
}
