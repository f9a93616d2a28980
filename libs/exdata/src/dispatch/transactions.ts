import type { EntityManager, FindOptionsWhere, InsertQueryBuilder } from 'typeorm';

/** The columns of a row that is to be inserted. */
export type NewRow<Row extends object> = Parameters<InsertQueryBuilder<Row>['values']>[0];

/**
 * Opens the transactions in which the module writes. Inject it where the host writes too: TypeORM has one connection
 * to a SQLite database, so that a write made while another's transaction is open falls into that one and is rolled back with it.
 * `run` keeps them apart there; on other databases it is an ordinary transaction.
 */
export abstract class ExdataTransactions {
  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. A transaction that the database broke off
   * to end a deadlock is begun anew, so `work` may run several times.
   */
  abstract run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>;

  /**
   * As {@link run}, for work that may heed no signal: once `cut` aborts it is rolled back, whether `work` has ended or not, and the promise rejects with
   * the signal's reason. What `work` still sends through its manager is refused; a statement under way is ended, on databases with a pool
   * together with its connection.
   */
  abstract runUntil<T>(cut: AbortSignal, work: (manager: EntityManager) => Promise<T>): Promise<T>;

  /** Reads one row and holds it against other writers until the transaction ends. */
  abstract lockRow<Row extends object>(manager: EntityManager, entity: new () => Row, where: FindOptionsWhere<Row>): Promise<Row | null>;

  /** Inserts the row, unless a unique index finds its twin there. Any other fault is thrown. */
  abstract insertUnlessThere<Row extends object>(manager: EntityManager, entity: new () => Row, row: NewRow<Row>): Promise<void>;

  /** Runs `work` outside whatever transaction the caller is in. */
  abstract detached<T>(work: () => T): T;
}

/** The host's DataSource, whichever token it is bound to. */
export const EXDATA_DATA_SOURCE = Symbol.for('nestjs-exdata:data-source');
