import type { DataSource, QueryRunner } from 'typeorm';
import { exdataEntities } from '../entities.js';
import { spoolChunkTable } from '../../uploads/index.js';

const fix =
  "add ...exdataMigrations to the DataSource's `migrations` and run them (migrationsRun: true, or typeorm migration:run), with the same options that the application has";

/** The first of the module's tables that is not there, under the name that the DataSource gives it. */
export async function missingTables(runner: QueryRunner, dataSource: DataSource): Promise<string | null> {
  const tables = exdataEntities.map((entity) => {
    const { tablePath, givenTableName } = dataSource.getMetadata(entity);
    return { tablePath, givenTableName };
  });
  for (const { tablePath, givenTableName } of [
    ...tables,
    { tablePath: spoolChunkTable(dataSource), givenTableName: undefined },
  ]) {
    if (await runner.hasTable(tablePath)) continue;
    const isRenamed = givenTableName !== undefined && tablePath !== givenTableName;
    const elsewhere =
      isRenamed && (await runner.hasTable(givenTableName))
        ? ` (${givenTableName} does: it was made with other settings)`
        : '';
    return `table ${tablePath} does not exist${elsewhere}${isRenamed ? `, so named by ${settingsOf(dataSource)}` : ''}: ${fix}`;
  }
  return null;
}

/** The settings that may have named it. */
function settingsOf(dataSource: DataSource): string {
  const { options, namingStrategy } = dataSource;
  const schema = 'schema' in options ? [`schema '${options.schema}'`] : [];
  const prefix = options.entityPrefix ? [`entityPrefix '${options.entityPrefix}'`] : [];
  const strategy = options.namingStrategy ? [`namingStrategy ${namingStrategy.constructor.name}`] : [];
  return [...schema, ...prefix, ...strategy].join(', ') || 'the DataSource';
}
