import type { BatchRow, InboxRow } from './inbox-table.js';

/** Deliveries with the same account, id and bytes are one. */
export const keyOf = ({ account, deliveryId, bodySha256 }: InboxRow): string => `${account} ${deliveryId} ${bodySha256}`;

/**
 * The rows in the order in which every process inserts them, so that two batches with the same deliveries wait for each other instead of
 * breaking each other off. Of several with the same delivery id, those that came after the first are marked.
 */
export function inOrder<Row extends InboxRow>(rows: readonly Row[]): (Row & BatchRow)[] {
  const ids = new Set<string>();
  return rows
    .map((row) => {
      const id = `${row.account} ${row.deliveryId}`;
      const conflictingId = ids.has(id);
      ids.add(id);
      return { key: keyOf(row), row: { ...row, conflictingId } };
    })
    .sort((a, b) => (a.key < b.key ? -1 : 1))
    .map(({ row }) => row);
}
