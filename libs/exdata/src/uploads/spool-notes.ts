import { Injectable } from '@nestjs/common';
import { MoreThan } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { ExdataClock } from '../dispatch/index.js';
import { EXDATA_CLOCK, ExdataTransactions } from '../dispatch/index.js';
import { ExdataSpoolRow } from './spool.entity.js';
import { Inject } from '../injection/index.js';

/** In the place of the number of chunks: the bytes are being erased as left behind. */
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
    await this.transactions.once((manager) =>
      manager.insert(ExdataSpoolRow, { id, chunks: 0, writtenAt: this.clock.now(), keptAt: null }),
    );
  }

  /** @throws when the bytes have been erased meanwhile as left behind */
  async settle(manager: EntityManager, id: string): Promise<void> {
    const settled = await manager.delete(ExdataSpoolRow, { id, chunks: MoreThan(erasing) });
    if (settled.affected !== 1) throw new Error(`the spool has no bytes under ${id}`);
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
