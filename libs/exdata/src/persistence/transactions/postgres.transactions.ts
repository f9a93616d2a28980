import type { EntityManager, FindOptionsWhere } from 'typeorm';
import type { NewColumns, NewRow, WorkRow } from '../../dispatch/index.js';
import { EntityRows } from '../rows/index.js';
import { beginAnew } from './database-errors.js';
import { PooledTransactions } from './pooled.transactions.js';
import { withRiders } from './rider.js';

/** PostgreSQL, where the statements that each document needs are text that is prepared once. */
export class PostgresTransactions extends PooledTransactions {
  readonly #rows = new Map<unknown, EntityRows<object>>();

  override findRow<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    where: FindOptionsWhere<Row>,
  ): Promise<Row | null> {
    const rows = this.#rowsOf(entity);
    return rows.finds(where) ? rows.find(manager, where, false) : super.findRow(manager, entity, where);
  }

  override lockRow<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    where: FindOptionsWhere<Row>,
  ): Promise<Row | null> {
    const rows = this.#rowsOf(entity);
    return rows.finds(where) ? rows.find(manager, where, true) : super.lockRow(manager, entity, where);
  }

  override updateRows<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    where: FindOptionsWhere<Row>,
    columns: NewColumns<Row>,
  ): Promise<number> {
    const rows = this.#rowsOf(entity);
    return rows.finds(where) ? rows.update(manager, where, columns) : super.updateRows(manager, entity, where, columns);
  }

  override deleteRows<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    where: FindOptionsWhere<Row>,
  ): Promise<number> {
    const rows = this.#rowsOf(entity);
    return rows.finds(where) ? rows.delete(manager, where) : super.deleteRows(manager, entity, where);
  }

  override leaseRow(
    entity: new () => WorkRow,
    where: FindOptionsWhere<WorkRow>,
    now: number,
    leaseUntil: number,
  ): Promise<WorkRow | null> {
    const rows = this.#rowsOf(entity);
    if (!rows.finds(where)) return super.leaseRow(entity, where, now, leaseUntil);
    const work = { fence: () => 'fence + 1', starts: () => 'starts + 1', leaseUntil };
    return beginAnew(() => rows.lease(this.dataSource.manager, where, { work }, now));
  }

  override insertUnlessThere<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    row: NewRow<Row>,
  ): Promise<boolean> {
    return Array.isArray(row)
      ? super.insertUnlessThere(manager, entity, row)
      : this.#rowsOf(entity).insert(manager, row);
  }

  protected override begin<T>(work: (manager: EntityManager) => Promise<T>): Promise<T> {
    return super.begin((manager) => withRiders(manager, work));
  }

  #rowsOf<Row extends object>(entity: new () => Row): EntityRows<Row> {
    const known = this.#rows.get(entity);
    if (known) return known as EntityRows<Row>;
    const rows = new EntityRows(this.dataSource, entity);
    this.#rows.set(entity, rows);
    return rows;
  }
}
