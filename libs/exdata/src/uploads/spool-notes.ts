import type { EntityManager } from 'typeorm';
import type { Clock, ExdataTransactions } from '../dispatch/index.js';
import { ExdataSpool } from './spool.entity.js';

/**
 * Notes in the ledger's database of the ids under which this ledger is about to keep bytes elsewhere. A note ends in the transaction that writes the
 * ledger row: bytes whose note is still there are ours, and came to nothing. Those without a note or a row may be another ledger's.
 */
export class SpoolNotes {
  constructor(
    private readonly transactions: ExdataTransactions,
    private readonly clock: Clock,
  ) {}

  async make(id: string): Promise<void> {
    await this.transactions.run((manager) => manager.insert(ExdataSpool, { id, chunks: 0, writtenAt: this.clock.now(), keptAt: null }));
  }

  /** @throws when the bytes have been erased meanwhile as left behind */
  async settle(manager: EntityManager, id: string): Promise<void> {
    const settled = await manager.delete(ExdataSpool, { id });
    if (settled.affected !== 1) throw new Error(`the spool has no bytes under ${id}`);
  }

  async drop(id: string): Promise<void> {
    await this.transactions.run((manager) => manager.delete(ExdataSpool, { id }));
  }

  /** Erases by `erase` what a note tells to be left behind, and drops the note with it. Whoever is about to settle it is waited for. */
  async clear(id: string, erase: () => Promise<void>): Promise<void> {
    await this.transactions.run(async (manager) => {
      const dropped = await manager.delete(ExdataSpool, { id });
      if (dropped.affected === 1) await erase();
    });
  }
}
