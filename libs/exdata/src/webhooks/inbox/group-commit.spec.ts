import { describe, expect, it } from '@jest/globals';
import { TestClock } from '../../../../../test/dispatch/test-clock.js';
import { until } from '../../../../../test/until.js';
import type { InboxSettings } from './inbox-settings.js';
import { GroupCommit } from './index.js';
import type { InboxRow, InboxTable } from './index.js';

const settings: InboxSettings = {
  maxBatch: 3,
  maxBatchBytes: 1_000,
  highWaterRows: 100,
  highWaterBytes: 10_000,
  deadlineMs: 3_000,
  retryAfterMs: 5_000,
};

/** Holds each insert until the test lets it end. */
class HeldTable implements InboxTable {
  readonly atOnce = 1;
  readonly batches: { readonly rows: readonly InboxRow[]; readonly commit: () => void }[] = [];

  insert(rows: readonly InboxRow[]): Promise<ReadonlySet<string>> {
    return new Promise((resolve) => {
      this.batches.push({ rows, commit: () => resolve(new Set(rows.map(({ id }) => id))) });
    });
  }

  faultOf(): { code: string; isOfARow: boolean } {
    return { code: 'none', isOfARow: false };
  }
}

const rowOf = (deliveryId: string, bytes = 10): InboxRow => ({
  id: deliveryId,
  account: 'default',
  deliveryId,
  event: 'document.completed',
  sentAt: 1,
  receivedAt: 1,
  secretId: 'current',
  body: Buffer.alloc(bytes),
  bodySha256: '0',
  leaseUntil: null,
});

function opened(): {
  table: HeldTable;
  clock: TestClock;
  inbox: GroupCommit;
  sizes: (count: number) => Promise<number[]>;
} {
  const table = new HeldTable();
  const clock = new TestClock();
  const inbox = new GroupCommit(table, clock, settings);
  const sizes = async (count: number): Promise<number[]> => {
    await until(() => table.batches.length >= count);
    return table.batches.map(({ rows }) => rows.length);
  };
  return { table, clock, inbox, sizes };
}

describe('the group commit', () => {
  it('shares one insert among those that came while another was running, within its limits', async () => {
    const { table, inbox, sizes } = opened();
    const first = inbox.store(rowOf('first'));
    expect(await sizes(1)).toEqual([1]);
    const others = ['a', 'b', 'c', 'd'].map((id) => inbox.store(rowOf(id)));
    const large = [inbox.store(rowOf('large', 1_500)), inbox.store(rowOf('last'))];
    table.batches[0]?.commit();
    expect(await first).toBe('fresh');
    for (const [count, expected] of [
      [2, [1, 3]],
      [3, [1, 3, 1]],
      [4, [1, 3, 1, 1]],
      [5, [1, 3, 1, 1, 1]],
    ] as const) {
      expect(await sizes(count)).toEqual(expected);
      table.batches[count - 1]?.commit();
    }
    expect(await Promise.all([...others, ...large])).toEqual(Array(6).fill('fresh'));
    expect(inbox.held).toBe(0);
  });

  it('takes another connection when one stays silent, and lets its senders go in time', async () => {
    const { table, clock, inbox, sizes } = opened();
    const silent = inbox.store(rowOf('silent'));
    await sizes(1);
    clock.advance(2_000);
    const next = inbox.store(rowOf('next'));
    clock.advance(1_000);
    await expect(silent).rejects.toMatchObject({ reason: 'late', retryAfterMs: 5_000, retryable: true });
    await sizes(2);
    table.batches[1]?.commit();
    expect(await next).toBe('fresh');
    // The silent one still holds its row: it counts until the database has answered.
    await until(() => inbox.held === 1);
    table.batches[0]?.commit();
    await inbox.drain();
  });

  it('lets senders go in time also where the clock is set back', async () => {
    const { table, clock, inbox, sizes } = opened();
    const inserted = inbox.store(rowOf('inserted'));
    await sizes(1);
    const waiting = inbox.store(rowOf('waiting'));
    clock.setBack(3_600_000);
    const ends: unknown[] = [];
    for (const stored of [inserted, waiting]) void stored.catch((error: unknown) => ends.push(error));
    clock.advance(3_000);
    await new Promise((resolve) => setImmediate(resolve));
    expect(ends).toMatchObject([{ reason: 'late' }, { reason: 'late' }]);
    table.batches[0]?.commit();
    await inbox.drain();
    expect(clock.waiting).toBe(0);
  });

  it('counts bytes as it counts rows', async () => {
    const { table, inbox, sizes } = opened();
    const taken = inbox.store(rowOf('taken', 10_000));
    await sizes(1);
    await expect(inbox.store(rowOf('beyond'))).rejects.toMatchObject({ reason: 'full' });
    table.batches[0]?.commit();
    expect(await taken).toBe('fresh');
    await inbox.drain();
    await expect(inbox.store(rowOf('after'))).rejects.toMatchObject({ reason: 'stopping' });
  });

  it('leaves no timer behind', async () => {
    const { table, clock, inbox, sizes } = opened();
    const stored = inbox.store(rowOf('stored'));
    await sizes(1);
    table.batches[0]?.commit();
    await stored;
    await inbox.drain();
    expect(clock.waiting).toBe(0);
  });
});
