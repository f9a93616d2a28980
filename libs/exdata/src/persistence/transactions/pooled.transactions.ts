import type { DataSource, EntityManager, FindOptionsWhere } from 'typeorm';
import type { NewRow, WorkRow } from '../../dispatch/index.js';
import { withEffects } from './commit-effects.js';
import { beginAnew } from './database-errors.js';
import { z } from 'zod';
import { leaseInOne } from './lease-row.js';
import { Session } from './session.js';
import type { SessionStatements } from './session.js';
import { TypeormTransactions } from './typeorm.transactions.js';
import { untilCut } from './until-cut.js';

const levels = z.tuple([z.object({ level: z.string() })]);

/** Databases with a connection for each transaction, and row locks. */
export class PooledTransactions extends TypeormTransactions {
  /** As PostgreSQL has them. */
  protected readonly sessionStatements: SessionStatements = {
    which: 'select pg_backend_pid() as id',
    end: 'select pg_terminate_backend($1)',
  };

  /** What the session would have where none is named; asked for once. */
  #isReadCommitted: Promise<boolean> | undefined;

  constructor(protected readonly dataSource: DataSource) {
    super();
  }

  run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return beginAnew(() => withEffects((inner) => this.begin(inner), work));
  }

  once<T>(statement: (manager: EntityManager) => Promise<T>): Promise<T> {
    return beginAnew(() => statement(this.dataSource.manager));
  }

  async runUntil<T>(cut: AbortSignal, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    const session = new Session(this.dataSource, this.sessionStatements);
    const inSession = async (manager: EntityManager): Promise<T> => {
      await session.learn(manager);
      return work(manager);
    };
    try {
      return await this.run((manager) => untilCut(cut, manager, inSession, (runner) => session.breakOff(runner)));
    } catch (error) {
      // Once its connection has left the pool: there may have been no other to send this by.
      await session.endThere();
      throw error;
    }
  }

  lockRow<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    where: FindOptionsWhere<Row>,
  ): Promise<Row | null> {
    return manager.findOne(entity, { where, lock: { mode: 'pessimistic_write' } });
  }

  leaseRow(
    entity: new () => WorkRow,
    where: FindOptionsWhere<WorkRow>,
    now: number,
    leaseUntil: number,
  ): Promise<WorkRow | null> {
    return beginAnew(() => leaseInOne(this.dataSource, { entity, where, now, leaseUntil }));
  }

  async insertUnlessThere<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    row: NewRow<Row>,
  ): Promise<boolean> {
    // PostgreSQL ends a transaction in which a statement failed.
    const insert = manager
      .createQueryBuilder()
      .insert()
      .into(entity)
      .values(row)
      .orIgnore()
      .returning('1')
      .updateEntity(false);
    const inserted = await insert.execute();
    return (inserted.raw as unknown[]).length === 1;
  }

  detached<T>(work: () => T): T {
    return work();
  }

  protected begin<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.#inReadCommitted(work);
  }

  /**
   * The module relies on row locks and unique indexes, and reads again what another has just committed. Where the host
   * has made another isolation the default, that would only break transactions off. Where it has not, naming the level
   * would cost a statement.
   */
  async #inReadCommitted<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    this.#isReadCommitted ??= this.#isDefault();
    const isDefault = await this.#isReadCommitted.catch((error: unknown) => {
      this.#isReadCommitted = undefined;
      throw error;
    });
    return isDefault ? this.dataSource.transaction(work) : this.dataSource.transaction('READ COMMITTED', work);
  }

  async #isDefault(): Promise<boolean> {
    const named = 'isolationLevel' in this.dataSource.options ? this.dataSource.options.isolationLevel : undefined;
    if (named !== undefined) return named === 'READ COMMITTED';
    const rows: unknown = await this.dataSource.query(
      "select current_setting('default_transaction_isolation') as level",
    );
    return levels.parse(rows)[0].level === 'read committed';
  }
}
