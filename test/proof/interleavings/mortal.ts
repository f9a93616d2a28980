import type { DataSource, EntityManager } from 'typeorm';
import type { DeathPoint } from './step.js';

/** What a caller inside the dead process would never see. */
export class ProcessDiedError extends Error {
  override readonly name = 'ProcessDiedError';
}

type Work = (manager: EntityManager) => Promise<unknown>;

/**
 * A host that may die over one of its transactions, as far as its database can tell: from then on none of them takes
 * place.
 */
export class Mortal {
  dead = false;
  #left = Infinity;
  #point: DeathPoint = 'before';

  constructor(database: DataSource) {
    const transaction = database.transaction.bind(database);
    Object.assign(database, { transaction: (work: Work) => this.#transaction(transaction, work) });
  }

  /** Dies over the transaction after so many others. */
  dieOver(transactions: number, point: DeathPoint): void {
    if (this.#left !== Infinity) return;
    this.#left = transactions;
    this.#point = point;
  }

  async #transaction(transaction: (work: Work) => Promise<unknown>, work: Work): Promise<unknown> {
    if (this.dead) throw new ProcessDiedError();
    this.#left -= 1;
    if (this.#left > 0) return transaction(work);
    this.dead = true;
    if (this.#point === 'before') throw new ProcessDiedError();
    await transaction(async (manager) => {
      await work(manager);
      if (this.#point === 'uncommitted') throw new ProcessDiedError();
    });
    throw new ProcessDiedError();
  }
}
