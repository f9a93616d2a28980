import { randomUUID } from 'node:crypto';
import type { Clock, ExdataTransactions, JobRef } from '../../dispatch/index.js';
import { newWork } from '../../dispatch/index.js';
import type { ExdataDelivery } from '../delivery.entity.js';
import type { DeliveryHandlers } from './delivery-handlers.js';
import { ExdataDeliveryRun } from './delivery-run.entity.js';

export const deliveryRunJobName = 'delivery-handler';

/** Opens the work rows of handlers of raw deliveries, one for each handler and body. */
export class DeliveryRuns {
  constructor(
    private readonly handlers: DeliveryHandlers,
    private readonly transactions: ExdataTransactions,
    private readonly clock: Clock,
  ) {}

  /** Opens those that the delivery asks for and that are not there yet; resolves to what is to be dispatched. */
  async open(row: ExdataDelivery, event: string): Promise<JobRef[]> {
    const isReplay = row.replayOf !== null;
    const handlers = this.handlers.for(event, isReplay);
    if (handlers.length === 0) return [];
    return this.transactions.run(async (manager) => {
      const { account } = row;
      const effect = isReplay ? row.id : row.bodySha256;
      const opened: JobRef[] = [];
      for (const { id: handler } of handlers) {
        if (await manager.existsBy(ExdataDeliveryRun, { account, effect, handler })) continue;
        const [id, now] = [randomUUID(), this.clock.now()];
        const run = { id, deliveryRowId: row.id, account, effect, handler, outcome: 'open', createdAt: now, work: newWork(now) } as const;
        await this.transactions.insertUnlessThere(manager, ExdataDeliveryRun, run);
        opened.push({ job: deliveryRunJobName, id });
      }
      return opened;
    });
  }
}
