import type { BatchRow, InboxRow } from './inbox-table.js';
import type { WaitingDelivery } from './waiting-delivery.js';

/** A row of a batch, and the deliveries that it stands for: the first that came, and its copies. */
export interface BatchEntry extends BatchRow {
  readonly first: WaitingDelivery;
  readonly copies: WaitingDelivery[];
  conflictingId: boolean;
}

/**
 * Makes one row of deliveries with the same account, id and bytes, and marks those whose id came with other bytes before. The rows are in the
 * order in which every process inserts them, so that two batches with the same deliveries wait for each other instead of breaking each other off.
 */
export function batchOf(deliveries: readonly WaitingDelivery[]): BatchEntry[] {
  const batch: BatchEntry[] = [];
  let earliest: BatchEntry | undefined;
  for (const delivery of [...deliveries].sort(inOrder)) {
    const { row } = delivery;
    const before = batch.at(-1);
    if (before && hasSameId(before.row, row)) {
      if (before.row.bodySha256 === row.bodySha256) {
        before.copies.push(delivery);
        continue;
      }
    } else earliest = undefined;
    const entry = { row, conflictingId: false, first: delivery, copies: [] };
    batch.push(entry);
    earliest = markLater(earliest, entry);
  }
  return batch;
}

/** @returns the one that came first */
function markLater(one: BatchEntry | undefined, other: BatchEntry): BatchEntry {
  if (!one) return other;
  const [first, later] = one.first.position < other.first.position ? [one, other] : [other, one];
  later.conflictingId = true;
  return first;
}

const hasSameId = (a: InboxRow, b: InboxRow): boolean => a.deliveryId === b.deliveryId && a.account === b.account;

function inOrder({ row: a }: WaitingDelivery, { row: b }: WaitingDelivery): number {
  return compare(a.deliveryId, b.deliveryId) || compare(a.account, b.account) || compare(a.bodySha256, b.bodySha256);
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
