import type { EntityManager, FindOptionsWhere } from 'typeorm';
import type { NewColumns } from '../../dispatch/index.js';

/** Writes columns of the rows that `where` finds, as TypeORM does; resolves to how many there were. */
export async function updateRows<Row extends object>(
  manager: EntityManager,
  entity: new () => Row,
  where: FindOptionsWhere<Row>,
  columns: NewColumns<Row>,
): Promise<number> {
  const { affected } = await manager.createQueryBuilder().update(entity).set(columns).where(where).execute();
  return affected ?? 0;
}
