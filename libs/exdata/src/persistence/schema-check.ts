import type { DataSource } from 'typeorm';
import { exdataEntities } from './entities.js';

const supported: readonly string[] = ['better-sqlite3', 'postgres'];

/** What the host's DataSource lacks for the module to keep its promises, with the line to add; null when nothing does. */
export async function checkSchema(dataSource: DataSource): Promise<string | null> {
  if (!supported.includes(dataSource.options.type)) return `'${dataSource.options.type}' is not supported, ${supported.join(' and ')} are`;
  const unknown = exdataEntities.filter((entity) => !dataSource.hasMetadata(entity)).map((entity) => entity.name);
  if (unknown.length > 0) return `the DataSource does not know ${unknown.join(', ')}: add ...exdataEntities to its \`entities\``;
  const runner = dataSource.createQueryRunner();
  try {
    for (const entity of exdataEntities) {
      const { tablePath } = dataSource.getMetadata(entity);
      if (!(await runner.hasTable(tablePath)))
        return `table ${tablePath} does not exist: add ...exdataMigrations to the DataSource's \`migrations\` and run them (migrationsRun: true, or typeorm migration:run)`;
    }
    return null;
  } finally {
    if (dataSource.options.type !== 'better-sqlite3') await runner.release();
  }
}
