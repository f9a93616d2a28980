import { exdataEntities } from 'nestjs-exdata';
import type { ExdataMode } from 'nestjs-exdata';
import type { DataSource } from 'typeorm';

/** What stands in the ledger for one mode, row for row: the history of its documents and their bytes too. */
export async function ledgerOf(source: DataSource, mode: ExdataMode): Promise<Record<string, unknown[]>> {
  const tables: Record<string, unknown[]> = {};
  for (const entity of exdataEntities) {
    const { tableName, columns } = source.getMetadata(entity);
    if (!columns.some(({ propertyName }) => propertyName === 'mode')) continue;
    tables[tableName] = await source.query(`select * from ${tableName} where mode = '${mode}' order by id`);
  }
  const documents = `select id from exdata_document where mode = '${mode}'`;
  tables.history = await source.query(
    `select * from exdata_document_event where document_row_id in (${documents}) order by id`,
  );
  const spooled = `select spool_id from exdata_document where mode = '${mode}'`;
  tables.bytes = await source.query(`select id, first from exdata_spool where id in (${spooled}) order by id`);
  return tables;
}
