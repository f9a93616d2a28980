import { Injectable } from '@nestjs/common';
import { In, Not } from 'typeorm';
import { ExdataTransactions } from '../../dispatch/index.js';
import { keyOf } from '../../documents/index.js';
import { ExdataLog } from '../../telemetry/index.js';
import { ExdataDelivery } from '../delivery.entity.js';
import { Inject } from '../../injection/index.js';
import { DeliveryLooks } from './delivery-looks.js';

/**
 * Knows deliveries under whose id other truly signed bytes had come before: the id is not signed, so both are kept, and
 * the later one is marked.
 */
@Injectable()
export class ConflictingIds {
  constructor(
    @Inject(ExdataTransactions) private readonly transactions: ExdataTransactions,
    @Inject(ExdataLog) private readonly log: ExdataLog,
    @Inject(DeliveryLooks) private readonly looks: DeliveryLooks,
  ) {}

  /** Marks those of many deliveries of the same bytes, with one look for all. */
  async markAll(
    rows: readonly Pick<
      ExdataDelivery,
      'id' | 'mode' | 'account' | 'deliveryId' | 'bodySha256' | 'receivedAt' | 'event' | 'secretId'
    >[],
  ): Promise<void> {
    const [one] = rows;
    if (!one) return;
    const deliveryId = In(rows.map((row) => row.deliveryId));
    const select = { id: true, deliveryId: true, receivedAt: true } as const;
    const others = await this.transactions.once((manager) =>
      manager.find(ExdataDelivery, { select, where: { ...keyOf(one), deliveryId, bodySha256: Not(one.bodySha256) } }),
    );
    const firstUnder = new Map<string, (typeof others)[number]>();
    for (const other of others) {
      const first = firstUnder.get(other.deliveryId);
      if (!first || isBefore(other, first)) firstUnder.set(other.deliveryId, other);
    }
    const marked = rows.filter((row) => {
      const first = firstUnder.get(row.deliveryId);
      return first !== undefined && isBefore(first, row);
    });
    if (marked.length === 0) return;
    const id = In(marked.map((row) => row.id));
    await this.transactions.once((manager) => manager.update(ExdataDelivery, { id }, { conflictingId: true }));
    for (const row of marked) this.#tell(row);
  }

  /**
   * Marks the delivery and tells of it, once. Looked for when it is worked on, so that its sender need not wait for it.
   */
  async mark(row: ExdataDelivery): Promise<void> {
    const { id } = row;
    if (row.conflictingId) return;
    const earlier = await this.looks.underSameId(row);
    if (!earlier.some((other) => isBefore(other, row))) return;
    await this.transactions.once((manager) => manager.update(ExdataDelivery, { id }, { conflictingId: true }));
    row.conflictingId = true;
    this.#tell(row);
  }

  #tell({
    account,
    deliveryId,
    event: type,
    secretId: secret,
  }: Pick<ExdataDelivery, 'account' | 'deliveryId' | 'event' | 'secretId'>): void {
    this.log.warn('webhook.conflicting_id', { account, deliveryId }, { type, secret });
  }
}

type Arrived = Pick<ExdataDelivery, 'id' | 'receivedAt'>;

function isBefore(one: Arrived, other: Arrived): boolean {
  return one.receivedAt < other.receivedAt || (one.receivedAt === other.receivedAt && one.id < other.id);
}
