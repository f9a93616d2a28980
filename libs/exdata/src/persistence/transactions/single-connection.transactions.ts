import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource, EntityManager, FindOptionsWhere } from 'typeorm';
import { ExdataTransactions } from '../../dispatch/index.js';
import type { NewRow } from '../../dispatch/index.js';
import { insertUnlessThere } from './insert-unless-there.js';
import { untilCut } from './until-cut.js';

interface Turn {
  readonly manager: EntityManager;
  open: boolean;
  /** Ends what still goes on in it after its end. */
  readonly cut?: AbortSignal;
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
    if (outer?.cut?.aborted) return Promise.reject(outer.cut.reason as Error);
    return this.#queue((manager) => this.#takeTurn({ manager, open: true }, work));
  }

  runUntil<T>(cut: AbortSignal, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const outer = this.#turn.getStore();
    if (outer?.open) return outer.manager.transaction((manager) => untilCut(cut, manager, work));
    return this.#queue((manager) => untilCut(cut, manager, (fenced) => this.#takeTurn({ manager: fenced, open: true, cut }, work)));
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

  #queue<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const mine = this.#last.then(() => this.dataSource.transaction(work));
    this.#last = mine.catch(() => undefined);
    return mine;
  }

  async #takeTurn<T>(turn: Turn, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const end = (): void => {
      turn.open = false;
    };
    turn.cut?.addEventListener('abort', end, { once: true });
    try {
      return await this.#turn.run(turn, () => work(turn.manager));
    } finally {
      turn.cut?.removeEventListener('abort', end);
      end();
    }
  }
}
