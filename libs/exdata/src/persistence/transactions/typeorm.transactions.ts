import type { EntityManager, FindOptionsWhere } from 'typeorm';
import { ExdataTransactions } from '../../dispatch/index.js';
import type { NewColumns } from '../../dispatch/index.js';
import { afterCommit } from './commit-effects.js';
import { isAway, isTwin } from './database-errors.js';
import { updateRows } from './update-rows.js';

/** What is the same on every database, by statements that TypeORM makes. */
export abstract class TypeormTransactions extends ExdataTransactions {
  isAway(error: unknown): boolean {
    return isAway(error);
  }

  isTwin(error: unknown): boolean {
    return isTwin(error);
  }

  findRow<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    where: FindOptionsWhere<Row>,
  ): Promise<Row | null> {
    return manager.findOne(entity, { where });
  }

  updateRows<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    where: FindOptionsWhere<Row>,
    columns: NewColumns<Row>,
  ): Promise<number> {
    return updateRows(manager, entity, where, columns);
  }

  async deleteRows<Row extends object>(
    manager: EntityManager,
    entity: new () => Row,
    where: FindOptionsWhere<Row>,
  ): Promise<number> {
    return (await manager.delete(entity, where)).affected ?? 0;
  }

  afterCommit(manager: EntityManager, effect: () => void): void {
    afterCommit(manager, effect);
  }
}
