import type { InboxRow } from './inbox-table.js';
import type { WaitingDelivery } from './waiting-delivery.js';

/** A row of a batch, and the deliveries that it stands for: the first that came, and its copies. */
export interface BatchEntry {
  readonly row: InboxRow;
  readonly first: WaitingDelivery;
  readonly copies: WaitingDelivery[];
}

/**
 * Makes one row of deliveries with the same account, id and bytes. The rows are in the order in which every process
 * inserts them, so that two batches with the same deliveries wait for each other instead of breaking each other off.
 */
export function batchOf(deliveries: readonly WaitingDelivery[]): BatchEntry[] {
  const batch: BatchEntry[] = [];
  for (const delivery of [...deliveries].sort(inOrder)) {
    const before = batch.at(-1);
    if (before && isSame(before.row, delivery.row)) before.copies.push(delivery);
    else batch.push({ row: delivery.row, first: delivery, copies: [] });
  }
  return batch;
}

const isSame = (a: InboxRow, b: InboxRow): boolean =>
  a.deliveryId === b.deliveryId && a.bodySha256 === b.bodySha256 && a.account === b.account;

function inOrder({ row: a }: WaitingDelivery, { row: b }: WaitingDelivery): number {
  return compare(a.deliveryId, b.deliveryId) || compare(a.account, b.account) || compare(a.bodySha256, b.bodySha256);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
