import { Readable } from 'node:stream';
import { IsNull, LessThan, MoreThan, Not } from 'typeorm';
import type { DataSource, EntityManager, FindOptionsWhere, ObjectLiteral, SelectQueryBuilder } from 'typeorm';
import type { Clock, ExdataTransactions } from '../dispatch/index.js';
import { inChunksOf } from './chunks.js';
import { FileReading } from './file-reading.js';
import { ExdataSpool } from './spool.entity.js';
import { orphanAgeMs } from './spool.js';
import type { Spool, Spooled } from './spool.js';

const chunkBytes = 256 * 1024;
/** Chunks erased in one transaction, ids looked at in one query. */
const pageSize = 64;
/** In the place of the number of chunks. */
const erasing = -1;

/**
 * Spools to the host's database, so that any process that has the ledger has the bytes too. A chunk is a row and a transaction of its own, written as it
 * comes and read as it is sent: neither memory nor a transaction grows with the file.
 */
export class DatabaseSpool implements Spool {
  readonly shared = true;

  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: ExdataTransactions,
    private readonly clock: Clock,
  ) {}

  async write(id: string, from: Readable, maxBytes: number): Promise<Spooled> {
    const reading = new FileReading(from, maxBytes);
    let position = 0;
    try {
      await this.transactions.run((manager) => manager.insert(ExdataSpool, { id, chunks: 0, writtenAt: this.clock.now(), keptAt: null }));
      for await (const bytes of inChunksOf(chunkBytes, reading.chunks())) await this.#append(id, position++, bytes);
      return reading.spooled();
    } catch (error) {
      // What cannot be erased now is cleaned up in an hour.
      await this.erase(id).catch(() => undefined);
      throw error;
    } finally {
      from.destroy();
    }
  }

  async keep(manager: EntityManager, id: string): Promise<void> {
    const kept = await manager.update(ExdataSpool, { id, keptAt: IsNull(), chunks: MoreThan(erasing) }, { keptAt: this.clock.now() });
    if (kept.affected !== 1) throw new Error(`the spool has no bytes under ${id}`);
  }

  open(id: string): Readable {
    return Readable.from(this.#read(id), { highWaterMark: 1 });
  }

  async erase(id: string): Promise<void> {
    await this.#erase({ id });
  }

  async clean(isOver: (id: string) => Promise<boolean>): Promise<void> {
    const writtenAt = LessThan(this.clock.now() - orphanAgeMs);
    for await (const id of this.#ids({ keptAt: IsNull(), writtenAt })) await this.#erase({ id, keptAt: IsNull() });
    for await (const id of this.#ids({ keptAt: Not(IsNull()), writtenAt })) if (await isOver(id)) await this.erase(id);
  }

  async #erase(which: FindOptionsWhere<ExdataSpool> & { id: string }): Promise<void> {
    const { id } = which;
    // Marked first: whoever was about to keep it is told, and an erasing that is broken off is taken up by the next cleaning.
    const mark = { chunks: erasing, keptAt: null, writtenAt: this.clock.now() };
    const marked = await this.transactions.run((manager) => manager.update(ExdataSpool, which, mark));
    if (marked.affected !== 1) return;
    for (let from = await this.#firstChunk(id); from !== null; from = await this.#firstChunk(id)) {
      const until = from + pageSize;
      await this.transactions.run((manager) =>
        manager.createQueryBuilder().delete().from(this.#chunkTable).where('spool_id = :id and position < :until', { id, until }).execute(),
      );
    }
    await this.transactions.run((manager) => manager.delete(ExdataSpool, { id }));
  }

  /** The table that goes with the entity's, under whichever prefix and schema the host has put it. */
  get #chunkTable(): string {
    return `${this.dataSource.getMetadata(ExdataSpool).tablePath}_chunk`;
  }

  async #append(id: string, position: number, bytes: Buffer): Promise<void> {
    await this.transactions.run(async (manager) => {
      const counted = await manager.update(
        ExdataSpool,
        { id, chunks: position, keptAt: IsNull() },
        { chunks: position + 1, writtenAt: this.clock.now() },
      );
      if (counted.affected !== 1) throw new Error(`the spool lost ${id} while it was written`);
      await manager
        .createQueryBuilder()
        .insert()
        .into(this.#chunkTable, ['spool_id', 'position', 'bytes'])
        .values({ spool_id: id, position, bytes })
        .execute();
    });
  }

  async *#read(id: string): AsyncGenerator<Buffer> {
    const header = await this.dataSource.manager.findOneBy(ExdataSpool, { id });
    if (!header || header.chunks === erasing) throw missing(`the spool has no bytes under ${id}`);
    for (let position = 0; position < header.chunks; position++) yield await this.#chunk(id, position);
  }

  async #chunk(id: string, position: number): Promise<Buffer> {
    const row = await this.#chunkQuery(id)
      .select('bytes', 'bytes')
      .andWhere('position = :position', { position })
      .getRawOne<{ bytes: Buffer }>();
    if (!row) throw missing(`the spool lost chunk ${String(position)} of ${id}`);
    return row.bytes;
  }

  async #firstChunk(id: string): Promise<number | null> {
    const row = await this.#chunkQuery(id).select('min(position)', 'first').getRawOne<{ first: number | null }>();
    return row?.first ?? null;
  }

  #chunkQuery(id: string): SelectQueryBuilder<ObjectLiteral> {
    return this.dataSource.manager.createQueryBuilder().from(this.#chunkTable, 'chunk').where('spool_id = :id', { id });
  }

  /** Page by page, so that erasing on the way disturbs nothing. */
  async *#ids(where: FindOptionsWhere<ExdataSpool>): AsyncGenerator<string> {
    for (let after = ''; ;) {
      const page = await this.dataSource.manager.find(ExdataSpool, {
        select: { id: true },
        where: { ...where, id: MoreThan(after) },
        order: { id: 'ASC' },
        take: pageSize,
      });
      for (const { id } of page) yield id;
      const last = page.at(-1);
      if (!last) return;
      after = last.id;
    }
  }
}

/** As a file system says it. */
function missing(message: string): Error {
  return Object.assign(new Error(message), { code: 'ENOENT' });
}
