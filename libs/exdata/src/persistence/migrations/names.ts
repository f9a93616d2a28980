import { hash } from 'node:crypto';
import type { DataSource, EntityMetadata, QueryRunner } from 'typeorm';
import { ExdataConfigurationError } from '../../api/index.js';
import { dataSourceOf } from '../data-source-of.js';
import { spoolChunkTable } from '../../uploads/index.js';

/** Has no entity. */
const spoolChunks = 'exdata_spool_chunk';
/** PostgreSQL's limit in bytes, past which it cuts a name; MySQL's is 64 characters. */
const mostBytes = 63;

/**
 * What the host's DataSource makes of the names that the module's entities give: its schema, its `entityPrefix` and its
 * naming strategy may each have changed them, and its queries use what its metadata says. So do the migrations.
 */
export class Names {
  readonly #dataSource: DataSource;

  constructor(runner: QueryRunner) {
    this.#dataSource = dataSourceOf(runner);
  }

  /** With the schema, where there is one. */
  table(given: string): string {
    return given === spoolChunks ? spoolChunkTable(this.#dataSource) : this.#metadataOf(given).tablePath;
  }

  /** @param given the entity's name for it; the spool's chunks have no entity, and keep theirs */
  column(table: string, given: string): string {
    const metadata = this.#dataSource.entityMetadatas.find(({ givenTableName }) => givenTableName === table);
    return metadata?.columns.find(({ givenDatabaseName }) => givenDatabaseName === given)?.databaseName ?? given;
  }

  /**
   * Carries the table's name as it is here: PostgreSQL and SQLite keep indexes of one schema apart by their names
   * alone.
   */
  index(table: string, given: string): string {
    const name = this.#metadataOf(table).tableName + given.slice(table.length);
    return Buffer.byteLength(name) > mostBytes
      ? `exdata_${hash('sha256', name).slice(0, 16)}${given.slice(table.length)}`
      : name;
  }

  #metadataOf(given: string): EntityMetadata {
    const metadata = this.#dataSource.entityMetadatas.find(({ givenTableName }) => givenTableName === given);
    if (metadata) return metadata;
    throw new ExdataConfigurationError(
      `the migrations cannot tell what the DataSource calls the table ${given}: add ...exdataEntities to its \`entities\`, beside ...exdataMigrations`,
    );
  }
}
