import { Injectable } from '@nestjs/common';
import { hash } from 'node:crypto';
import { EXDATA_CLOCK } from '../dispatch/index.js';
import type { ExdataClock } from '../dispatch/index.js';
import { countReceived, ExdataLog, inSpan } from '../telemetry/index.js';
import { GroupCommit, newRowId } from './inbox/index.js';
import type { StoreResult } from './inbox/index.js';
import { InboxUnavailableError } from './inbox-errors.js';
import { StoredDeliveries } from './stored-deliveries.js';
import { UnstoredDeliveries } from './unstored-deliveries.js';
import type { ExdataVerifiedDelivery } from './verified-delivery.js';
import { Inject } from '../injection/index.js';

/** Puts deliveries into the inbox, and has them worked on. */
@Injectable()
export class DeliveryStore {
  constructor(
    @Inject(GroupCommit) private readonly inbox: GroupCommit,
    @Inject(StoredDeliveries) private readonly stored: StoredDeliveries,
    @Inject(UnstoredDeliveries) private readonly unstored: UnstoredDeliveries,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /**
   * Resolves once the row is committed.
   *
   * @throws {@link InboxUnavailableError} when it could not be stored in time; it may be stored all the same, a moment
   * later
   */
  store(delivery: ExdataVerifiedDelivery): Promise<StoreResult> {
    const { account, deliveryId, event, sentAt, secretId, body } = delivery;
    const ids = { account, deliveryId };
    return inSpan('receive', ids, async (span) => {
      const receivedAt = this.clock.now();
      const id = newRowId(receivedAt);
      const bodySha256 = hash('sha256', body);
      const leaseUntil = this.stored.leaseFor({ account, bodySha256 });
      const row = { id, account, deliveryId, event, sentAt, receivedAt, bodySha256, body, secretId, leaseUntil };
      try {
        const result = await this.inbox.store(row);
        this.unstored.stored();
        span.note('result', result);
        countReceived(result, account);
        if (result === 'duplicate') this.stored.forgo(row);
        else this.stored.dispatch(row);
        this.log.debug(result === 'fresh' ? 'webhook.stored' : 'webhook.duplicate', ids, {
          type: event,
          secret: secretId,
        });
        return result;
      } catch (error) {
        this.stored.forgo(row);
        if (error instanceof InboxUnavailableError) {
          countReceived(error.reason, account);
          this.unstored.note(error, ids);
        }
        throw error;
      }
    });
  }

  /**
   * Takes nothing further, and resolves when every sender is answered and the workers know what was stored: they give
   * back what they can no longer work on. Safe to call twice.
   */
  async stop(): Promise<void> {
    this.stored.stop();
    await this.inbox.drain();
    await this.stored.handOver();
  }
}
