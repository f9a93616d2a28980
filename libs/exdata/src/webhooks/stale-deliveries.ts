import { createHash } from 'node:crypto';
import type { Clock, ExdataTransactions, WorkService } from '../dispatch/index.js';
import { hasPassed } from '../dispatch/index.js';
import { ExdataDocument, ExdataDocumentEvent } from '../documents/index.js';
import type { DocumentHistory, PollJob } from '../documents/index.js';
import type { ExdataLog } from '../telemetry/index.js';
import { documentIdIn } from './delivery-body.js';

/** A delivery that exdata signed, and that came too late to be taken. */
export interface StaleDelivery {
  readonly account: string;
  readonly deliveryId: string;
  readonly body: Buffer;
}

/** One document is looked after at most so often, in milliseconds, however many stale deliveries name it. */
const coalesceMs = 60_000;
/** Documents remembered, and looked after at once. */
const most = 1_000;
const mostAtOnce = 16;

export interface StaleDeliveriesParts {
  readonly transactions: ExdataTransactions;
  readonly history: DocumentHistory;
  readonly work: WorkService;
  readonly poll: PollJob;
  readonly clock: Clock;
  readonly log: ExdataLog;
}

/**
 * What a stale delivery is still good for: exdata may send a retry late under its old timestamp, so the document that it names is
 * looked at now instead of later, if it is still pending here. The same bytes do that once, whoever sends them again.
 */
export class StaleDeliveries {
  readonly #recent = new Map<string, number>();
  #running = 0;

  constructor(private readonly parts: StaleDeliveriesParts) {}

  /** Returns at once; what is left undone when there is too much or the database is away is done by the next poll. */
  record(delivery: StaleDelivery): void {
    const exdataId = documentIdIn(delivery.body);
    if (exdataId === null || this.#running >= mostAtOnce || !this.#isTurnOf(`${delivery.account} ${exdataId}`)) return;
    this.#running++;
    void this.parts.transactions
      .detached(() => this.#hasten(delivery, exdataId))
      .catch(() => undefined)
      .finally(() => this.#running--);
  }

  #isTurnOf(document: string): boolean {
    const now = this.parts.clock.now();
    const last = this.#recent.get(document);
    if (last !== undefined && !hasPassed(coalesceMs, last, now)) return false;
    this.#recent.delete(document);
    this.#recent.set(document, now);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > most && oldest !== undefined) this.#recent.delete(oldest);
    return true;
  }

  async #hasten({ account, deliveryId, body }: StaleDelivery, exdataId: string): Promise<void> {
    const { transactions, history, work, poll, clock, log } = this.parts;
    const sha256 = createHash('sha256').update(body).digest('hex');
    const what = 'delivery.stale';
    const due = await transactions.run(async (manager) => {
      const row = await transactions.lockRow(manager, ExdataDocument, { account, exdataId, state: 'pending' });
      if (!row || (await manager.existsBy(ExdataDocumentEvent, { documentRowId: row.id, what, detail: sha256 }))) return null;
      await history.record(manager, row, what, { deliveryId, detail: sha256 });
      const now = clock.now();
      // A row that a worker holds is being looked at this moment.
      if (row.work.dueAt === null || row.work.dueAt <= now || (row.work.leaseUntil ?? 0) > now) return null;
      await manager.update(ExdataDocument, { id: row.id, work: { fence: row.work.fence } }, { work: { dueAt: now } });
      return row;
    });
    if (!due) return;
    const ids = { account, sourceType: due.sourceType, sourceId: due.sourceId, documentId: exdataId, deliveryId };
    log.info('webhook.stale_hastens_poll', ids);
    await work.dispatch(poll.name, due.id);
  }
}
