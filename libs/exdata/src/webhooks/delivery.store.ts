import { createHash, randomUUID } from 'node:crypto';
import type { Clock, ExdataTransactions } from '../dispatch/index.js';
import { newWork } from '../dispatch/index.js';
import { ExdataDelivery } from './delivery.entity.js';
import type { VerifiedDelivery } from './verified-delivery.js';

export interface StoredDelivery {
  readonly id: string;
  /** `duplicate`: the same bytes came under the same id before. `conflicting-id`: other truly signed bytes did. */
  readonly result: 'fresh' | 'duplicate' | 'conflicting-id';
}

/** Puts deliveries into the inbox. */
export class DeliveryStore {
  constructor(
    private readonly transactions: ExdataTransactions,
    private readonly clock: Clock,
  ) {}

  /** Resolves once the row is committed. */
  async store({ account, deliveryId, event, sentAt, secretId, body }: VerifiedDelivery): Promise<StoredDelivery> {
    const id = randomUUID();
    const now = this.clock.now();
    const bodySha256 = createHash('sha256').update(body).digest('hex');
    const row = {
      id,
      account,
      deliveryId,
      event,
      sentAt,
      receivedAt: now,
      bodySha256,
      body,
      secretId,
      outcome: 'open',
      work: newWork(now),
    } as const;
    return this.transactions.run(async (manager) => {
      await this.transactions.insertUnlessThere(manager, ExdataDelivery, row);
      return { id, result: (await manager.existsBy(ExdataDelivery, { id })) ? 'fresh' : 'duplicate' };
    });
  }
}
