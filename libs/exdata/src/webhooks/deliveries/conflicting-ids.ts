import { LessThanOrEqual, Not } from 'typeorm';
import type { ExdataTransactions } from '../../dispatch/index.js';
import type { ExdataLog } from '../../telemetry/index.js';
import { ExdataDelivery } from '../delivery.entity.js';

/** Knows deliveries under whose id other truly signed bytes had come before: the id is not signed, so both are kept, and the later one is marked. */
export class ConflictingIds {
  constructor(
    private readonly transactions: ExdataTransactions,
    private readonly log: ExdataLog,
  ) {}

  /** Marks the delivery and tells of it, once. Looked for when it is worked on, so that its sender need not wait for it. */
  async mark(row: ExdataDelivery): Promise<void> {
    const { id, account, deliveryId, bodySha256, receivedAt, event: type, secretId: secret } = row;
    if (row.conflictingId) return;
    row.conflictingId = await this.transactions.run(async (manager) => {
      const others = { account, deliveryId, bodySha256: Not(bodySha256), receivedAt: LessThanOrEqual(receivedAt) };
      const earlier = await manager.find(ExdataDelivery, { select: { id: true, receivedAt: true }, where: others });
      if (!earlier.some((other) => other.receivedAt < receivedAt || other.id < id)) return false;
      await manager.update(ExdataDelivery, { id }, { conflictingId: true });
      return true;
    });
    if (!row.conflictingId) return;
    this.log.warn('webhook.conflicting_id', { account, deliveryId }, { type, secret });
  }
}
