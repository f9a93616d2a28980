import type { DataSource, EntityManager, FindOptionsWhere } from 'typeorm';
import { ExdataTransactions } from '../../dispatch/index.js';

/** Databases with a connection for each transaction, and row locks. */
export class PooledTransactions extends ExdataTransactions {
  constructor(private readonly dataSource: DataSource) {
    super();
  }

  run<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction(work);
  }

  lockRow<Row extends object>(manager: EntityManager, entity: new () => Row, where: FindOptionsWhere<Row>): Promise<Row | null> {
    return manager.findOne(entity, { where, lock: { mode: 'pessimistic_write' } });
  }

  detached<T>(work: () => T): T {
    return work();
  }
}
