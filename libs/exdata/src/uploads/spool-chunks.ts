import type { DataSource, EntityManager, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { ExdataTransactions } from '../dispatch/index.js';
import { ExdataSpoolRow } from './spool.entity.js';

/** The table that goes with the entity's, under whatever name, prefix and schema the host has put that. */
export function spoolChunkTable(dataSource: DataSource): string {
  return `${dataSource.getMetadata(ExdataSpoolRow).tablePath}_chunk`;
}

/** The chunks of files in the database spool after the first, which lies in the file's own row. */
export class SpoolChunks {
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: ExdataTransactions,
  ) {}

  async insert(manager: EntityManager, id: string, position: number, bytes: Buffer): Promise<void> {
    await manager
      .createQueryBuilder()
      .insert()
      .into(this.#table, ['spool_id', 'position', 'bytes'])
      .values({ spool_id: id, position, bytes })
      .execute();
  }

  async read(id: string, position: number): Promise<Buffer> {
    const row = await this.#query(id)
      .select('bytes', 'bytes')
      .andWhere('position = :position', { position })
      .getRawOne<{ bytes: Buffer }>();
    if (!row) throw missing(`the spool lost chunk ${String(position)} of ${id}`);
    return row.bytes;
  }

  /** The position of the first that is there; null where none is. */
  async first(id: string): Promise<number | null> {
    const row = await this.#query(id).select('min(position)', 'first').getRawOne<{ first: number | null }>();
    return row?.first ?? null;
  }

  /** Erases those before the position; resolves to how many. */
  async erase(id: string, until: number): Promise<number> {
    const { affected } = await this.transactions.once((manager) =>
      manager
        .createQueryBuilder()
        .delete()
        .from(this.#table)
        .where('spool_id = :id and position < :until', { id, until })
        .execute(),
    );
    return affected ?? 0;
  }

  get #table(): string {
    return spoolChunkTable(this.dataSource);
  }

  #query(id: string): SelectQueryBuilder<ObjectLiteral> {
    return this.dataSource.manager.createQueryBuilder().from(this.#table, 'chunk').where('spool_id = :id', { id });
  }
}

/** As a file system says it. */
export function missing(message: string): Error {
  return Object.assign(new Error(message), { code: 'ENOENT' });
}
