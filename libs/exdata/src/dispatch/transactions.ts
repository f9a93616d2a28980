import type { DataSource, EntityManager, FindOptionsWhere, InsertQueryBuilder, UpdateQueryBuilder } from 'typeorm';
import { token } from '../injection/index.js';
import type { WorkRow } from './work.columns.js';

/** The columns of a row that is to be inserted. */
export type NewRow<Row extends object> = Parameters<InsertQueryBuilder<Row>['values']>[0];

/** Columns of a row that are to be written: values, or SQL that gives them. */
export type NewColumns<Row extends object> = Parameters<UpdateQueryBuilder<Row>['set']>[0];

/**
 * Opens the transactions in which the module writes. Inject it where the host writes too: TypeORM has one connection to
 * a SQLite database, so that a write made while another's transaction is open falls into that one and is rolled back
 * with it. `run` keeps them apart there; on other databases it is an ordinary transaction.
 */
export abstract class ExdataTransactions {
  /**
   * Runs `work` in one transaction: committed when it resolves, rolled back when it rejects. A transaction that the
   * database broke off to end a deadlock is begun anew, so `work` may run several times.
   */
  abstract run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T>;

  /**
   * Sends one statement, which is committed by itself: for what needs no transaction, and is spared its begin and its
   * end. Begun anew after a deadlock, as {@link run} is. Inside another transaction on SQLite it is part of that one.
   */
  abstract once<T>(statement: (manager: EntityManager) => Promise<T>): Promise<T>;

  /**
   * As {@link run}, for work that may heed no signal: once `cut` aborts it is rolled back, whether `work` has ended or
   * not, and the promise rejects with the signal's reason. What `work` still sends through its manager is refused; a
   * statement under way is ended, on databases with a pool together with its connection.
   */
  abstract runUntil<T>(cut: AbortSignal, work: (manager: EntityManager) => Promise<T>): Promise<T>;

  /**
   * Whether an error says that the database cannot be reached, or takes no statements for now: nothing is wrong with
   * the statement.
   */
  abstract isAway(error: unknown): boolean;

  /** Whether an error says that a unique index refused a row. The transaction that it came in is of no use any more. */
  abstract isTwin(error: unknown): boolean;

  /** Reads one row, as the manager's transaction sees it. */
  abstract findRow<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    where: FindOptionsWhere<Row>,
  ): Promise<Row | null>;

  /** Reads one row and holds it against other writers until the transaction ends. */
  abstract lockRow<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    where: FindOptionsWhere<Row>,
  ): Promise<Row | null>;

  /** Writes columns of the rows that `where` finds; resolves to how many there were. */
  abstract updateRows<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    where: FindOptionsWhere<Row>,
    columns: NewColumns<Row>,
  ): Promise<number>;

  /** Deletes the rows that `where` finds; resolves to how many there were. */
  abstract deleteRows<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    where: FindOptionsWhere<Row>,
  ): Promise<number>;

  /**
   * Takes the row that `where` finds, if it is due at `now` and held by nobody (epoch ms both): raises its fence and
   * its starts, and resolves to the row as it stands then; null where it is not there, not due, or held.
   */
  abstract leaseRow(
    entity: new () => WorkRow,
    where: FindOptionsWhere<WorkRow>,
    now: number,
    leaseUntil: number,
  ): Promise<WorkRow | null>;

  /**
   * Inserts the row, unless a unique index finds its twin there; resolves to whether it did. Any other fault is thrown.
   * Whatever twin there is has been committed by then, or is of this transaction.
   */
  abstract insertUnlessThere<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    row: NewRow<Row>,
  ): Promise<boolean>;

  /**
   * Runs `effect` once, after the manager's transaction has committed; not at all when it is rolled back. What reaches
   * outside the database (a log line, a metric, a file) goes in here, since the work of a transaction may run several
   * times. It must not throw.
   */
  abstract afterCommit(manager: EntityManager, effect: () => void): void;

  /** Runs `work` outside whatever transaction the caller is in. */
  abstract detached<T>(work: () => T): T;
}

/**
 * The host's DataSource, whichever token it is bound to, with all statements sent to the server that is written to (see
 * persistence/primary.ts).
 */
export const EXDATA_DATA_SOURCE = token<DataSource>('data-source');
