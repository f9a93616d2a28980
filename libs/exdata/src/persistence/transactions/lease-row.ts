import { IsNull, LessThanOrEqual, Or } from 'typeorm';
import type { DataSource, EntityManager, FindOptionsWhere, ObjectLiteral } from 'typeorm';
import type { ExdataTransactions, WorkRow } from '../../dispatch/index.js';

/** A row that is to be taken, and until when (epoch ms). */
export interface Wanted {
  readonly entity: new () => WorkRow;
  readonly where: FindOptionsWhere<WorkRow>;
  readonly now: number;
  readonly leaseUntil: number;
}

/** Takes the row with one statement, on databases whose updates return what they wrote. */
export async function leaseInOne(dataSource: DataSource, wanted: Wanted): Promise<WorkRow | null> {
  const { entity, leaseUntil } = wanted;
  const updated = await dataSource.manager
    .createQueryBuilder()
    .update(entity)
    .set({ work: { fence: () => 'fence + 1', starts: () => 'starts + 1', leaseUntil } })
    .where(whereFree(wanted))
    .returning('*')
    .execute();
  const [row] = updated.raw as ObjectLiteral[];
  return row ? hydrated(dataSource, entity, row) : null;
}

/** Takes the row under its lock. */
export async function leaseLocked(
  transactions: ExdataTransactions,
  manager: EntityManager,
  wanted: Wanted,
): Promise<WorkRow | null> {
  const row = await transactions.lockRow(manager, wanted.entity, whereFree(wanted));
  if (!row) return null;
  const { leaseUntil } = wanted;
  Object.assign(row.work, { fence: row.work.fence + 1, starts: row.work.starts + 1, leaseUntil });
  const { fence, starts } = row.work;
  await manager.update(wanted.entity, { id: row.id }, { work: { fence, starts, leaseUntil } });
  return row;
}

function whereFree({ where, now }: Wanted): FindOptionsWhere<WorkRow> {
  return { ...where, work: { dueAt: LessThanOrEqual(now), leaseUntil: Or(IsNull(), LessThanOrEqual(now)) } };
}

/** The row that a statement returned, as a read of it would have given it. */
function hydrated(dataSource: DataSource, entity: new () => WorkRow, raw: ObjectLiteral): WorkRow {
  const { driver } = dataSource;
  const row = new entity();
  for (const column of dataSource.getMetadata(entity).columns)
    column.setEntityValue(row, driver.prepareHydratedValue(raw[column.databaseName], column));
  return row;
}
