import { Readable } from 'node:stream';
import { Between, IsNull, LessThan, MoreThan, Not } from 'typeorm';
import type { DataSource, EntityManager, FindOptionsWhere } from 'typeorm';
import type { ExdataClock, ExdataTransactions } from '../dispatch/index.js';
import { inChunksOf } from './chunks.js';
import { ExdataFileReading } from './file-reading.js';
import { missing, SpoolChunks } from './spool-chunks.js';
import { ExdataSpoolRow } from './spool.entity.js';
import { orphanAgeMs } from './spool.js';
import { SpoolRoom } from './spool-room.js';
import type { ExdataSpool, ExdataSpooled } from './spool.js';

const chunkBytes = 256 * 1024;
/** Ids looked at in one query. */
const pageSize = 64;
/** Chunks erased in one transaction, 2 MiB: a synchronous driver keeps the event loop for as long. */
const erasedAtOnce = 8;
/** In the place of the number of chunks. */
const erasing = -1;

/**
 * Spools to the host's database, so that any process that has the ledger has the bytes too. The first chunk lies in the
 * file's own row, and each further one is a row and a transaction of its own, written as it comes and read as it is
 * sent: neither memory nor a transaction grows with the file. One of a single chunk is written with the ledger row.
 */
export class DatabaseSpool implements ExdataSpool {
  readonly shared = true;
  readonly #room: SpoolRoom;
  readonly #chunks: SpoolChunks;
  /** Files of a single chunk that no ledger row has come to need yet. */
  readonly #unkept = new Map<string, Buffer>();

  /** @param limit what it may hold in all, in bytes, counted in whole chunks */
  constructor(
    private readonly dataSource: DataSource,
    private readonly transactions: ExdataTransactions,
    private readonly clock: ExdataClock,
    limit = Infinity,
  ) {
    this.#room = new SpoolRoom(limit, () => this.#held(), clock);
    this.#chunks = new SpoolChunks(dataSource, transactions);
  }

  async write(id: string, from: Readable, maxBytes: number): Promise<ExdataSpooled> {
    const reading = new ExdataFileReading(from, maxBytes);
    let first: Buffer | undefined;
    let position = 0;
    try {
      for await (const bytes of inChunksOf(chunkBytes, reading.chunks())) {
        await this.#room.take(chunkBytes);
        if (position === 1 && first) await this.#begin(id, first);
        if (position === 0) first = bytes;
        else await this.#append(id, position, bytes);
        position++;
      }
      if (position < 2) this.#unkept.set(id, first ?? Buffer.alloc(0));
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
    const held = this.#unkept.get(id);
    if (held) {
      await this.#insert(manager, id, held, this.clock.now());
      this.transactions.afterCommit(manager, () => this.#unkept.delete(id));
      return;
    }
    const kept = await manager.update(
      ExdataSpoolRow,
      { id, keptAt: IsNull(), chunks: MoreThan(erasing) },
      { keptAt: this.clock.now() },
    );
    if (kept.affected !== 1) throw new Error(`the spool has no bytes under ${id}`);
  }

  open(id: string): Readable {
    return Readable.from(this.#read(id), { highWaterMark: 1 });
  }

  async erase(id: string, wasKept = false): Promise<void> {
    // What nobody has kept yet lies nowhere else.
    if (this.#unkept.delete(id) && !wasKept) return;
    await this.#erase({ id });
  }

  /** Holds the file in memory no longer: its row may have been committed, and has the bytes then. */
  release(id: string): void {
    this.#unkept.delete(id);
  }

  async clean(isOver: (id: string) => Promise<boolean>): Promise<void> {
    const writtenAt = LessThan(this.clock.now() - orphanAgeMs);
    for await (const id of this.#ids({ keptAt: IsNull(), writtenAt })) await this.#erase({ id, keptAt: IsNull() });
    for await (const id of this.#ids({ keptAt: Not(IsNull()), writtenAt })) if (await isOver(id)) await this.erase(id);
  }

  async #erase(which: FindOptionsWhere<ExdataSpoolRow> & { id: string }): Promise<void> {
    const { id } = which;
    // Most files are a single chunk, and gone with their row.
    const single = await this.transactions.once((manager) =>
      manager.delete(ExdataSpoolRow, { ...which, chunks: Between(0, 1) }),
    );
    if (single.affected === 1) return;
    // Marked first: whoever was about to keep it is told, and an erasing that is broken off is taken up by the next
    // cleaning.
    const mark = { chunks: erasing, keptAt: null, writtenAt: this.clock.now() };
    const marked = await this.transactions.once((manager) => manager.update(ExdataSpoolRow, which, mark));
    if (marked.affected !== 1) return;
    // Those after the first lie without a gap, and go from the second on: a page that was not full was the last. One
    // that was empty may have been erased before.
    for (let from: number | null = 1; from !== null;) {
      const erased = await this.#chunks.erase(id, from + erasedAtOnce);
      from = erased > 0 && erased < erasedAtOnce ? null : await this.#chunks.first(id);
    }
    await this.transactions.once((manager) => manager.delete(ExdataSpoolRow, { id }));
  }

  /** In bytes; files that are being erased count no more. */
  async #held(): Promise<number> {
    const query = this.dataSource.manager
      .createQueryBuilder(ExdataSpoolRow, 'spool')
      .select('sum(spool.chunks)', 'chunks');
    const row = await query.where('spool.chunks > 0').getRawOne<{ chunks: number | string | null }>();
    return Number(row?.chunks ?? 0) * chunkBytes;
  }

  async #append(id: string, position: number, bytes: Buffer): Promise<void> {
    await this.transactions.run(async (manager) => {
      await this.#count(manager, id, position);
      await this.#chunks.insert(manager, id, position, bytes);
    });
  }

  #begin(id: string, first: Buffer): Promise<void> {
    return this.transactions.once((manager) => this.#insert(manager, id, first, null));
  }

  async #insert(manager: EntityManager, id: string, first: Buffer, keptAt: number | null): Promise<void> {
    await manager.insert(ExdataSpoolRow, { id, chunks: 1, writtenAt: this.clock.now(), keptAt, first });
  }

  async #count(manager: EntityManager, id: string, chunks: number): Promise<void> {
    const counted = await manager.update(
      ExdataSpoolRow,
      { id, chunks, keptAt: IsNull() },
      { chunks: chunks + 1, writtenAt: this.clock.now() },
    );
    if (counted.affected !== 1) throw new Error(`the spool lost ${id} while it was written`);
  }

  async *#read(id: string): AsyncGenerator<Buffer> {
    const { chunks, first } = await this.#opened(id);
    if (first.length > 0) yield first;
    for (let position = 1; position < chunks; position++) yield await this.#chunks.read(id, position);
  }

  /** The number of chunks and the first of them, in one look. */
  async #opened(id: string): Promise<{ chunks: number; first: Buffer }> {
    const held = this.#unkept.get(id);
    if (held) return { chunks: 1, first: held };
    const row = await this.dataSource.manager.findOne(ExdataSpoolRow, {
      select: { id: true, chunks: true, first: true },
      where: { id },
    });
    if (!row || row.chunks === erasing) throw missing(`the spool has no bytes under ${id}`);
    if (row.first === null) throw missing(`the spool lost chunk 0 of ${id}`);
    return { chunks: row.chunks, first: row.first };
  }

  /** Page by page, so that erasing on the way disturbs nothing. */
  async *#ids(where: FindOptionsWhere<ExdataSpoolRow>): AsyncGenerator<string> {
    for (let after = ''; ;) {
      const page = await this.dataSource.manager.find(ExdataSpoolRow, {
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
