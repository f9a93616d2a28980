import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ExdataClock } from '../dispatch/index.js';
import { EXDATA_CLOCK, ExdataTransactions } from '../dispatch/index.js';
import { ExdataSpoolRow } from './spool.entity.js';
import { Inject } from '../injection/index.js';

/** The number of chunks of bytes that lie elsewhere. */
const unerased = 0;
/** In its place: the bytes are being erased as left behind. */
const erasing = -1;

/**
 * Notes in the ledger's database of the ids under which this ledger is about to keep bytes elsewhere. A note ends in
 * the transaction that writes the ledger row: bytes whose note is still there are ours, and came to nothing. Those
 * without a note or a row may be another ledger's.
 */
@Injectable()
export class SpoolNotes {
  constructor(
    @Inject(ExdataTransactions) private readonly transactions: ExdataTransactions,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
  ) {}

  async make(id: string): Promise<void> {
    const note = { id, chunks: unerased, writtenAt: this.clock.now(), keptAt: null };
    const isMade = await this.transactions.once((manager) =>
      this.transactions.insertUnlessThere(manager, ExdataSpoolRow, note),
    );
    if (!isMade) throw new Error(`the spool has a note of ${id} already`);
  }

  /** @throws when the bytes have been erased meanwhile as left behind */
  async settle(manager: EntityManager, id: string): Promise<void> {
    const settled = await this.transactions.deleteRows(manager, ExdataSpoolRow, { id, chunks: unerased });
    if (settled !== 1) throw new Error(`the spool has no bytes under ${id}`);
  }

  async drop(id: string): Promise<void> {
    await this.transactions.once((manager) => manager.delete(ExdataSpoolRow, { id }));
  }

  /**
   * Resolves to whether a note tells the bytes to be left behind; they can be settled no more then, and are to be
   * erased before the note is dropped. Whoever is about to settle it is waited for. An erasing that was broken off is
   * claimed again.
   */
  async claim(id: string): Promise<boolean> {
    const claimed = await this.transactions.once((manager) =>
      manager.update(ExdataSpoolRow, { id }, { chunks: erasing }),
    );
    return claimed.affected === 1;
  }
}
