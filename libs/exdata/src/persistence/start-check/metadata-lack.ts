import type { DataSource } from 'typeorm';
import { exdataEntities } from '../entities.js';

const supported: readonly string[] = ['better-sqlite3', 'postgres', 'mysql', 'mariadb'];

/** What the options of the DataSource alone keep from working. */
export function metadataLack(dataSource: DataSource): string | null {
  if (!supported.includes(dataSource.options.type))
    return `'${dataSource.options.type}' is not supported; ${supported.join(', ')} are`;
  return unknownEntities(dataSource) ?? sharedName(dataSource);
}

/** Entities of ours that the DataSource has not been told of; `autoLoadEntities` finds none of them. */
export function unknownEntities(dataSource: DataSource): string | null {
  const unknown = exdataEntities.filter((entity) => !dataSource.hasMetadata(entity)).map((entity) => entity.name);
  if (unknown.length === 0) return null;
  return `the DataSource does not know ${unknown.join(', ')}: add ...exdataEntities to its \`entities\`, beside \`autoLoadEntities\` too, which finds none of them`;
}

/** A naming strategy may give several tables, or several columns of one, the same name. */
function sharedName(dataSource: DataSource): string | null {
  const strategy = `\`namingStrategy\` (${dataSource.namingStrategy.constructor.name})`;
  const tables = dataSource.entityMetadatas.map(({ tablePath, target }) => ({ name: tablePath, of: nameOf(target) }));
  for (const { metadata, entity } of exdataEntities.map((entity) => ({
    entity,
    metadata: dataSource.getMetadata(entity),
  }))) {
    const other = tables.find(({ name, of }) => name === metadata.tablePath && of !== entity.name);
    if (other)
      return `its ${strategy} calls the tables of ${entity.name} and of ${other.of} both ${other.name}: let it keep them apart`;
    const names = metadata.columns.map(({ databaseName }) => databaseName);
    const twice = names.find((name, at) => names.indexOf(name) !== at);
    if (twice !== undefined)
      return `its ${strategy} calls two columns of ${metadata.tablePath} ${twice}: let it keep them apart`;
  }
  return null;
}

function nameOf(target: unknown): string {
  return typeof target === 'function' ? target.name : String(target);
}
