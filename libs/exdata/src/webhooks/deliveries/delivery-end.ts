import type { EntityManager } from 'typeorm';
import { ExdataError } from '../../api/index.js';
import type { Claim, Clock, ExdataTransactions, WorkService } from '../../dispatch/index.js';
import type { AlertBook, DeadLetterReason } from '../../documents/index.js';
import { countDelivery } from '../../telemetry/index.js';
import type { ExdataLog } from '../../telemetry/index.js';
import { ExdataDelivery } from '../delivery.entity.js';
import type { DeliveryResult } from './delivery-result.js';
import { eraseRunsOf } from './erased-runs.js';

export interface DeliveryEndParts {
  readonly transactions: ExdataTransactions;
  readonly alerts: AlertBook;
  readonly work: WorkService;
  readonly clock: Clock;
  readonly log: ExdataLog;
}

/** Writes what became of a delivery, and tells it: to the log, to the metric, and where it is dead to a person. */
export class DeliveryEnd {
  constructor(private readonly parts: DeliveryEndParts) {}

  /** Writes the result, in the transaction that makes it true. */
  async settle(manager: EntityManager, row: ExdataDelivery, claim: Claim, result: DeliveryResult): Promise<void> {
    const endedAt = this.parts.clock.now();
    await manager.update(ExdataDelivery, { id: row.id }, { reason: null, ...result, endedAt });
    // Runs may have been opened while its document was being erased.
    if (result.bodyDropped === true) await eraseRunsOf(manager, [row.id], endedAt);
    await claim.settle(manager, { kind: 'done', dueAt: null });
  }

  /** Tells of a result that is committed. */
  tell(row: ExdataDelivery, { outcome, reason = null, ...result }: DeliveryResult): void {
    const { account, deliveryId, event } = row;
    countDelivery({ account, event, outcome, reason });
    const documentId = result.exdataId ?? row.exdataId;
    this.parts.log[outcome === 'dead' ? 'error' : 'info'](
      `delivery.${outcome}`,
      { account, deliveryId, documentId, requestId: result.requestId },
      { type: event, reason },
    );
  }

  /** Gives the delivery up, with one alert for the document and the reason. */
  async dead(row: ExdataDelivery, claim: Claim, reason: DeadLetterReason, error: unknown): Promise<void> {
    const { account, deliveryId, event, exdataId, replayOf } = row;
    const requestId = error instanceof ExdataError ? (error.requestId ?? null) : null;
    // A read that was answered `no such document` answers others too.
    const askedAt = reason === 'unknown-document' ? row.askedAt : null;
    const wake = await this.parts.transactions.run(async (manager) => {
      const endedAt = this.parts.clock.now();
      await manager.update(ExdataDelivery, { id: row.id }, { outcome: 'dead', reason, requestId, exdataId, replayOf, askedAt, endedAt });
      await claim.settle(manager, { kind: 'failed', dueAt: null, error: String(error) });
      // One that a person has put to work again, and that dies again, is told of again.
      const cause = `delivery:${reason}:${exdataId ?? row.bodySha256}:${String(row.reopenedAt ?? 0)}`;
      const message = deadDeliveryMessages[reason];
      return this.parts.alerts.enter(manager, {
        kind: 'dead_letter',
        account,
        cause,
        code: reason,
        message,
        requestId,
        document: { exdataId },
      });
    });
    await this.parts.work.dispatchAll(wake);
    countDelivery({ account, event, outcome: 'dead', reason });
    this.parts.log.error('delivery.dead', { account, deliveryId, documentId: exdataId, requestId }, { type: event, reason });
  }
}

/** What happened and what is to be done, in words. */
const deadDeliveryMessages: Readonly<Record<DeadLetterReason, string>> = {
  parse: 'a delivery that exdata signed cannot be read; nothing was done about it. Look at it with ExdataDeliveries.get, then discard it',
  'unknown-document':
    'exdata does not know the document of a delivery, or does not show it to this token; discard it, or give the token the ability and replay it',
  'confirm-failed': 'a delivery could not be confirmed at exdata; replay it once exdata answers',
  handler: 'a handler of deliveries failed until its retries had run out; mend it, then redrive',
  timeout: 'a delivery took too long until its retries had run out; replay it once exdata answers in time',
  poison: 'the process ended several times while it worked on a delivery; find out why, then replay it',
  expired: 'a delivery waited too long, or what it needs is not kept any more; its document is still found by polling',
};
