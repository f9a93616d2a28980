import { hash } from 'node:crypto';
import type { Clock, JobRef, WorkService } from '../dispatch/index.js';
import type { ExdataLog } from '../telemetry/index.js';
import { countReceived, inSpan } from '../telemetry/index.js';
import { deliveryJobName } from './delivery-job-name.js';
import { newRowId } from './inbox/index.js';
import type { GroupCommit, StoreResult } from './inbox/index.js';
import { InboxUnavailableError } from './inbox-errors.js';
import type { UnstoredDeliveries } from './unstored-deliveries.js';
import type { VerifiedDelivery } from './verified-delivery.js';

/** Puts deliveries into the inbox, and has them worked on. */
export class DeliveryStore {
  /** Stored, and not handed to the dispatcher yet. */
  #stored: JobRef[] = [];

  constructor(
    private readonly inbox: GroupCommit,
    private readonly work: WorkService,
    private readonly unstored: UnstoredDeliveries,
    private readonly clock: Clock,
    private readonly log: ExdataLog,
  ) {}

  /**
   * Resolves once the row is committed.
   *
   * @throws {@link InboxUnavailableError} when it could not be stored in time; it may be stored all the same, a moment later
   */
  store(delivery: VerifiedDelivery): Promise<StoreResult> {
    const { account, deliveryId, event, sentAt, secretId, body } = delivery;
    const ids = { account, deliveryId };
    return inSpan('receive', ids, async (span) => {
      const receivedAt = this.clock.now();
      const id = newRowId(receivedAt);
      const row = { id, account, deliveryId, event, sentAt, receivedAt, bodySha256: hash('sha256', body), body, secretId };
      try {
        const result = await this.inbox.store(row);
        span.note('result', result);
        countReceived(result, account);
        if (result !== 'duplicate') this.#dispatch(id);
        this.log.debug(result === 'fresh' ? 'webhook.stored' : 'webhook.duplicate', ids, { type: event, secret: secretId });
        return result;
      } catch (error) {
        if (error instanceof InboxUnavailableError) {
          countReceived(error.reason, account);
          this.unstored.note(error, ids);
        }
        throw error;
      }
    });
  }

  /** Takes nothing further, and resolves when every sender is answered. Safe to call twice. */
  drain(): Promise<void> {
    return this.inbox.drain();
  }

  /** After the answers, and all at once that were stored at once: work that begins now would hold them up. */
  #dispatch(id: string): void {
    this.#stored.push({ job: deliveryJobName, id });
    if (this.#stored.length > 1) return;
    setImmediate(() => void this.work.dispatchAll(this.#stored.splice(0)));
  }
}
