import type { EntityManager } from 'typeorm';
import { In } from 'typeorm';
import { putAway } from '../../dispatch/index.js';
import { ExdataDeliveryRun } from './delivery-run.entity.js';

/** Ids of one statement: databases limit how many parameters it has. */
const batch = 500;

/**
 * Erases what handlers of raw deliveries said of these deliveries, and puts away what is not done, `now` being epoch
 * ms; resolves to the number of runs.
 */
export async function eraseRunsOf(
  manager: EntityManager,
  deliveryRowIds: readonly string[],
  now: number,
): Promise<number> {
  let erased = 0;
  for (let at = 0; at < deliveryRowIds.length; at += batch) {
    const where = { deliveryRowId: In(deliveryRowIds.slice(at, at + batch)) };
    const { affected } = await manager.update(ExdataDeliveryRun, where, { work: { lastError: null } });
    const unfinished = { ...where, outcome: In(['open', 'dead'] satisfies ExdataDeliveryRun['outcome'][]) };
    await manager.update(ExdataDeliveryRun, unfinished, { outcome: 'discarded', endedAt: now, work: putAway });
    erased += affected ?? 0;
  }
  return erased;
}
