import type { EntityManager } from 'typeorm';
import type { NewRow } from '../../dispatch/index.js';
import { isTwin } from './database-errors.js';

/**
 * Inserts the row and lets a unique index turn it away; resolves to whether it was inserted. On MySQL and SQLite that
 * undoes the one statement, and the transaction goes on; their `insert ignore` would also pass over, or cut to size,
 * what is wrong in other ways.
 */
export async function insertUnlessThere<Row extends object>(
  manager: EntityManager,
  entity: new () => Row,
  row: NewRow<Row>,
): Promise<boolean> {
  try {
    await manager.createQueryBuilder().insert().into(entity).values(row).updateEntity(false).execute();
    return true;
  } catch (error) {
    if (!isTwin(error)) throw error;
    return false;
  }
}
