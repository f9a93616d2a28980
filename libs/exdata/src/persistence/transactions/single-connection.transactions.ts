import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource, EntityManager, FindOptionsWhere } from 'typeorm';
import { ExdataTransactions } from '../../dispatch/index.js';
import type { NewRow } from '../../dispatch/index.js';
import { insertUnlessThere } from './insert-unless-there.js';

interface Turn {
  readonly manager: EntityManager;
  open: boolean;
}

/**
 * SQLite under TypeORM: one connection, one transaction at a time. Transactions take turns; one that is asked for
 * inside another's turn joins it, since waiting for that turn to end would wait for itself.
 */
export class SingleConnectionTransactions extends ExdataTransactions {
  readonly #turn = new AsyncLocalStorage<Turn | undefined>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly dataSource: DataSource) {
    super();
  }

  run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const outer = this.#turn.getStore();
    if (outer?.open) return outer.manager.transaction(work);
    const mine = this.#last.then(() => this.#takeTurn(work));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  lockRow<Row extends object>(manager: EntityManager, entity: new () => Row, where: FindOptionsWhere<Row>): Promise<Row | null> {
    return manager.findOne(entity, { where });
  }

  insertUnlessThere<Row extends object>(manager: EntityManager, entity: new () => Row, row: NewRow<Row>): Promise<void> {
    return insertUnlessThere(manager, entity, row);
  }

  detached<T>(work: () => T): T {
    return this.#turn.run(undefined, work);
  }

  #takeTurn<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(async (manager) => {
      const turn: Turn = { manager, open: true };
      try {
        return await this.#turn.run(turn, () => work(manager));
      } finally {
        turn.open = false;
      }
    });
  }
}
