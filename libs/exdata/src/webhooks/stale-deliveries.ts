import { Injectable } from '@nestjs/common';
import { hash } from 'node:crypto';
import type { ExdataClock, ExdataMode } from '../dispatch/index.js';
import { EXDATA_CLOCK, EXDATA_MODE, hasPassed, inOwnContext, Writes } from '../dispatch/index.js';
import { DocumentHistory, ExdataLink, ExdataDocumentEvent, pollJobName } from '../documents/index.js';
import { ExdataLog } from '../telemetry/index.js';
import { documentIdIn } from './delivery-body.js';
import { Inject } from '../injection/index.js';

/** A delivery that exdata signed, and that came too late to be taken. */
export interface StaleDelivery {
  readonly account: string;
  readonly deliveryId: string;
  readonly body: Buffer;
}

/**
 * One document is looked after at most so often, in milliseconds, however many stale deliveries name it; the same bytes
 * are read no more often.
 */
const coalesceMs = 60_000;
/** Documents and bytes remembered, and documents looked after at once. */
const most = 2_000;
const mostAtOnce = 16;

/**
 * What a stale delivery is still good for: exdata may send a retry late under its old timestamp, so the document that
 * it names is looked at now instead of later, if it is still pending here. The same bytes do that once, whoever sends
 * them again.
 */
@Injectable()
export class StaleDeliveries {
  readonly #recent = new Map<string, number>();
  #running = 0;

  constructor(
    @Inject(EXDATA_MODE) private readonly mode: ExdataMode,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(DocumentHistory) private readonly history: DocumentHistory,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /** Returns at once; what is left undone when there is too much or the database is away is done by the next poll. */
  record(delivery: StaleDelivery): void {
    if (this.#running >= mostAtOnce) return;
    const sha256 = hash('sha256', delivery.body);
    // Whoever got hold of it may send it for ever: it is read once.
    if (!this.#isTurnOf(`bytes ${delivery.account} ${sha256}`)) return;
    const exdataId = documentIdIn(delivery.body);
    if (exdataId === null || !this.#isTurnOf(`document ${delivery.account} ${exdataId}`)) return;
    this.#running++;
    void inOwnContext(() => this.#hasten(delivery, exdataId, sha256))
      .catch(() => undefined)
      .finally(() => this.#running--);
  }

  #isTurnOf(what: string): boolean {
    const now = this.clock.now();
    const last = this.#recent.get(what);
    if (last !== undefined && !hasPassed(coalesceMs, last, now)) return false;
    this.#recent.delete(what);
    this.#recent.set(what, now);
    const [oldest] = this.#recent.keys();
    if (this.#recent.size > most && oldest !== undefined) this.#recent.delete(oldest);
    return true;
  }

  async #hasten({ account, deliveryId }: StaleDelivery, exdataId: string, sha256: string): Promise<void> {
    const { mode } = this;
    const what = 'delivery.stale';
    const due = await this.writes.run(async (write) => {
      const { manager, now } = write;
      const row = await write.lockRow(ExdataLink, { mode, account, exdataId, state: 'pending' });
      if (!row || (await manager.existsBy(ExdataDocumentEvent, { linkId: row.id, what, detail: sha256 }))) return null;
      await this.history.record(write, row, what, { deliveryId, detail: sha256 });
      // A row that a worker holds is being looked at this moment.
      if (row.work.dueAt === null || row.work.dueAt <= now || (row.work.leaseUntil ?? 0) > now) return null;
      await manager.update(ExdataLink, { id: row.id, work: { fence: row.work.fence } }, { work: { dueAt: now } });
      write.wakes({ job: pollJobName, id: row.id });
      return row;
    });
    if (!due) return;
    const ids = { account, sourceType: due.sourceType, sourceId: due.sourceId, documentId: exdataId, deliveryId };
    this.log.info('webhook.stale_hastens_poll', ids);
  }
}
