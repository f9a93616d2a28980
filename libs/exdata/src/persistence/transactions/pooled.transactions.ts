import type { DataSource, EntityManager, FindOptionsWhere } from 'typeorm';
import { ExdataTransactions } from '../../dispatch/index.js';
import type { NewRow } from '../../dispatch/index.js';
import { beginAnew } from './database-errors.js';
import { untilCut } from './until-cut.js';

/** Databases with a connection for each transaction, and row locks. */
export class PooledTransactions extends ExdataTransactions {
  constructor(protected readonly dataSource: DataSource) {
    super();
  }

  run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return beginAnew(() => this.begin(work));
  }

  runUntil<T>(cut: AbortSignal, work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.run((manager) => untilCut(cut, manager, work));
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
