import type { EntityManager, FindOptionsWhere } from 'typeorm';
import type { NewRow, WorkRow } from '../../dispatch/index.js';
import { isDeadlock } from './database-errors.js';
import { insertUnlessThere } from './insert-unless-there.js';
import { leaseLocked } from './lease-row.js';
import { PooledTransactions } from './pooled.transactions.js';

/** MySQL and MariaDB, made to behave as the module and PostgreSQL do. */
export class MysqlTransactions extends PooledTransactions {
  protected override readonly sessionStatements = { which: 'select connection_id() as id', end: 'kill connection ?' };

  override leaseRow(
    entity: new () => WorkRow,
    where: FindOptionsWhere<WorkRow>,
    now: number,
    leaseUntil: number,
  ): Promise<WorkRow | null> {
    return this.run((manager) => leaseLocked(this, manager, { entity, where, now, leaseUntil }));
  }

  override insertUnlessThere<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    row: NewRow<Row>,
  ): Promise<boolean> {
    return insertUnlessThere(manager, entity, row);
  }

  /**
   * Their own default, REPEATABLE READ, would hide from a transaction what another committed after it began, such as
   * the twin whose unique index turned it away.
   */
  protected override begin<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.dataSource.transaction('READ COMMITTED', (manager) => {
      endAtDeadlock(manager);
      return work(manager);
    });
  }
}

/**
 * After a deadlock these servers have rolled back, and commit each further statement by itself. A handler that caught
 * that error and went on would have half its writes kept: so nothing further is sent, and the transaction fails.
 */
function endAtDeadlock({ queryRunner: runner }: EntityManager): void {
  if (!runner) return;
  const query = runner.query.bind(runner);
  let ended: Error | undefined;
  runner.query = (...statement: Parameters<typeof query>) => {
    if (ended && statement[0] !== 'ROLLBACK') return Promise.reject(ended);
    return query(...statement).catch((error: unknown) => {
      if (isDeadlock(error) && error instanceof Error) ended = error;
      throw error;
    });
  };
}
