import { Injectable } from '@nestjs/common';
import { Births, bornWork, EXDATA_MODE, inOwnContext, newWork, Waker } from '../dispatch/index.js';
import type { ExdataMode, KeptWorker } from '../dispatch/index.js';
import { deliveryJobName } from './delivery-job-name.js';
import { ExdataDelivery } from './delivery.entity.js';
import type { InboxRow } from './inbox/index.js';
import { DeliverySorting } from './sorting/delivery-sorting.js';
import { Inject } from '../injection/index.js';

/** Has deliveries worked on that are stored: at once by a worker that is free, or as they are sorted. */
@Injectable()
export class StoredDeliveries {
  /** Stored, and not handed to the dispatcher yet. */
  #stored: InboxRow[] = [];
  /** The workers that are kept for those that are being stored with a lease, by signed bytes. */
  readonly #kept = new Map<string, KeptWorker>();

  constructor(
    @Inject(Waker) private readonly waker: Waker,
    @Inject(DeliverySorting) private readonly sorting: DeliverySorting,
    @Inject(Births) private readonly births: Births,
    @Inject(EXDATA_MODE) private readonly mode: ExdataMode,
  ) {}

  /** Until when the delivery is to be leased (epoch ms), where a worker is free for it: null for what came before. */
  leaseFor(row: Pick<InboxRow, 'account' | 'bodySha256'>): number | null {
    // In a flood the workers are kept for what is about documents of ours.
    if (this.sorting.isInFlood) return null;
    const bytes = bytesOf(row);
    if (this.#kept.has(bytes) || this.sorting.knows(row)) return null;
    const kept = this.births.keepWorker({ job: deliveryJobName, account: row.account });
    if (kept) this.#kept.set(bytes, kept);
    return kept?.leaseUntil ?? null;
  }

  /** The delivery was not stored by this row: it was there, or the database did not take it in time. */
  forgo(row: InboxRow): void {
    if (row.leaseUntil === null) return;
    const bytes = bytesOf(row);
    this.#kept.get(bytes)?.release();
    this.#kept.delete(bytes);
  }

  /** After the answers, and all at once that were stored at once: work that begins now would hold them up. */
  dispatch(row: InboxRow): void {
    this.#stored.push(row);
    if (this.#stored.length > 1) return;
    inOwnContext(() => setImmediate(() => this.#sortStored()));
  }

  /** Hands all that is stored to the workers; whoever stored one learns of it within this turn. Safe to call twice. */
  async handOver(): Promise<void> {
    await new Promise((resolve) => setImmediate(resolve));
    inOwnContext(() => this.#sortStored());
  }

  /** Looks at none again that was put behind others. Safe to call twice. */
  stop(): void {
    this.sorting.stop();
  }

  #sortStored(): void {
    void this.#sort(this.#stored.splice(0));
  }

  async #sort(rows: readonly InboxRow[]): Promise<void> {
    const isBusy = this.births.isFull({ job: deliveryJobName, account: null });
    for (const row of rows) this.#bear(row);
    // Where they cannot be sorted now, the sweeper finds them.
    await this.sorting.sort(rows, isBusy, (refs) => this.waker.dispatchAll(refs)).catch(() => undefined);
  }

  #bear(row: InboxRow): void {
    if (row.leaseUntil === null) return;
    this.forgo(row);
    this.births.bear({ job: deliveryJobName, id: row.id }, deliveryOf(row, this.mode));
  }
}

const bytesOf = ({ account, bodySha256 }: Pick<InboxRow, 'account' | 'bodySha256'>): string =>
  `${account} ${bodySha256}`;

/** The row as the inbox has inserted it. */
function deliveryOf(
  { id, account, deliveryId, event, sentAt, receivedAt, bodySha256, body, secretId, leaseUntil }: InboxRow,
  mode: ExdataMode,
): ExdataDelivery {
  return Object.assign(new ExdataDelivery(), {
    ...{ id, mode, account, deliveryId, event, sentAt, receivedAt, bodySha256, body, secretId },
    ...{ bodyDropped: false, conflictingId: false, outcome: 'open' as const },
    ...{ exdataId: null, requestId: null, reason: null, linkId: null, replayOf: null },
    ...{ askedAt: null, endedAt: null, reopenedAt: null, note: null },
    work: leaseUntil === null ? newWork(receivedAt) : bornWork(receivedAt, leaseUntil),
  });
}
