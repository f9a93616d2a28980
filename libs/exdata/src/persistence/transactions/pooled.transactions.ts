import type { DataSource, EntityManager, FindOptionsWhere } from 'typeorm';
import { ExdataTransactions } from '../../dispatch/index.js';
import type { NewRow } from '../../dispatch/index.js';
import { beginAnew } from './database-errors.js';
import { Session } from './session.js';
import type { SessionStatements } from './session.js';
import { untilCut } from './until-cut.js';

/** Databases with a connection for each transaction, and row locks. */
export class PooledTransactions extends ExdataTransactions {
  /** As PostgreSQL has them. */
  protected readonly sessionStatements: SessionStatements = {
    which: 'select pg_backend_pid() as id',
    end: 'select pg_terminate_backend($1)',
  };

  constructor(protected readonly dataSource: DataSource) {
    super();
  }

  run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return beginAnew(() => this.begin(work));
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

  lockRow<Row extends object>(manager: EntityManager, entity: new () => Row, where: FindOptionsWhere<Row>): Promise<Row | null> {
    return manager.findOne(entity, { where, lock: { mode: 'pessimistic_write' } });
  }

  async insertUnlessThere<Row extends object>(manager: EntityManager, entity: new () => Row, row: NewRow<Row>): Promise<void> {
    // PostgreSQL ends a transaction in which a statement failed.
    await manager.createQueryBuilder().insert().into(entity).values(row).orIgnore().updateEntity(false).execute();
  }

  detached<T>(work: () => T): T {
    return work();
  }

  protected begin<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }
}
