import { AsyncLocalStorage } from 'node:async_hooks';
import type { DataSource, EntityManager, FindOptionsWhere } from 'typeorm';
import { nextTurn } from '../../dispatch/index.js';
import type { NewRow, WorkRow } from '../../dispatch/index.js';
import { inSavepoint, withEffects } from './commit-effects.js';
import { insertUnlessThere } from './insert-unless-there.js';
import { leaseLocked } from './lease-row.js';
import { TypeormTransactions } from './typeorm.transactions.js';
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
export class SingleConnectionTransactions extends TypeormTransactions {
  readonly #turn = new AsyncLocalStorage<Turn | undefined>();
  #last: Promise<unknown> = Promise.resolve();

  constructor(private readonly dataSource: DataSource) {
    super();
  }

  run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const outer = this.#turn.getStore();
    if (outer?.open) return inSavepoint(outer.manager, work);
    if (outer?.cut?.aborted) return Promise.reject(outer.cut.reason as Error);
    return this.#queue((manager) => this.#takeTurn({ manager, open: true }, work));
  }

  once<T>(statement: (manager: EntityManager) => Promise<T>): Promise<T> {
    const outer = this.#turn.getStore();
    if (outer?.open) return statement(outer.manager);
    if (outer?.cut?.aborted) return Promise.reject(outer.cut.reason as Error);
    return this.#inTurn(() => this.#takeTurn({ manager: this.dataSource.manager, open: true }, statement));
  }

  runUntil<T>(cut: AbortSignal, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const outer = this.#turn.getStore();
    if (outer?.open) return inSavepoint(outer.manager, (manager) => untilCut(cut, manager, work));
    return this.#queue((manager) =>
      untilCut(cut, manager, (fenced) => this.#takeTurn({ manager: fenced, open: true, cut }, work)),
    );
  }

  lockRow<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    where: FindOptionsWhere<Row>,
  ): Promise<Row | null> {
    return manager.findOne(entity, { where });
  }

  leaseRow(
    entity: new () => WorkRow,
    where: FindOptionsWhere<WorkRow>,
    now: number,
    leaseUntil: number,
  ): Promise<WorkRow | null> {
    return this.run((manager) => leaseLocked(this, manager, { entity, where, now, leaseUntil }));
  }

  insertUnlessThere<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    row: NewRow<Row>,
  ): Promise<boolean> {
    return insertUnlessThere(manager, entity, row);
  }

  detached<T>(work: () => T): T {
    return this.#turn.run(undefined, work);
  }

  #queue<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.#inTurn(() => withEffects((inner) => this.dataSource.transaction(inner), work));
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    // The driver is synchronous: transactions one after the other would leave no turn of the event loop to anybody
    // else.
    const mine = this.#last.then(nextTurn).then(work);
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
