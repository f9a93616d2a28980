import { Injectable } from '@nestjs/common';
import { And, LessThan, MoreThanOrEqual } from 'typeorm';
import { ExdataError } from '../../api/index.js';
import type { Attempt, ExdataClock, Write } from '../../dispatch/index.js';
import { EXDATA_CLOCK, FaultBook, Writes } from '../../dispatch/index.js';
import type { ExdataDeadLetterReason } from '../../handlers/index.js';
import { AlertBook } from '../../documents/index.js';
import { countDelivery, ExdataLog } from '../../telemetry/index.js';
import { ExdataDelivery } from '../delivery.entity.js';
import type { DeliveryResult } from './delivery-result.js';
import { eraseRunsOf } from './erased-runs.js';
import { Inject } from '../../injection/index.js';

/**
 * Deliveries of an account that are given up for one reason are one alert in so long, in milliseconds: a flood of them
 * has one cause.
 */
const alertEveryMs = 3_600_000;

/** Writes what became of a delivery, and tells it: to the log, to the metric, and where it is dead to a person. */
@Injectable()
export class DeliveryEnd {
  /** By account and reason, the period for which this process has raised the alert. */
  readonly #alerted = new Map<string, number>();

  constructor(
    @Inject(Writes) private readonly writes: Writes,
    @Inject(AlertBook) private readonly alerts: AlertBook,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(FaultBook) private readonly faults: FaultBook,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /** Writes the result, in the transaction that makes it true. */
  async settle(write: Write, attempt: Attempt<ExdataDelivery>, result: DeliveryResult): Promise<void> {
    const { manager, now: endedAt } = write;
    const { row } = attempt;
    // Runs may have been opened while its document was being erased.
    if (result.bodyDropped === true) await eraseRunsOf(manager, [row.id], endedAt);
    await attempt.settle(write, { kind: 'done', dueAt: null }, { reason: null, ...result, endedAt });
  }

  /** Tells of a result that is committed. */
  tell(row: ExdataDelivery, { outcome, reason = null, ...result }: DeliveryResult): void {
    const { account, deliveryId, event } = row;
    countDelivery({ account, event, outcome, reason });
    const documentId = result.exdataId ?? row.exdataId;
    this.log[outcome === 'dead' ? 'error' : 'info'](
      `delivery.${outcome}`,
      { account, deliveryId, documentId, requestId: result.requestId },
      { type: event, reason },
    );
  }

  /** Gives the delivery up; for each account and reason an alert an hour, and a line a minute. */
  async dead(attempt: Attempt<ExdataDelivery>, reason: ExdataDeadLetterReason, error: unknown): Promise<void> {
    const { row } = attempt;
    const { account, deliveryId, event, exdataId, replayOf } = row;
    const requestId = error instanceof ExdataError ? (error.requestId ?? null) : null;
    // A read that was answered `no such document` answers others too.
    const askedAt = reason === 'unknown-document' ? row.askedAt : null;
    await this.writes.run(async (write) => {
      const columns = { outcome: 'dead', reason, requestId, exdataId, replayOf, askedAt, endedAt: write.now } as const;
      await attempt.settle(write, { kind: 'failed', dueAt: null, error: String(error) }, columns);
      await this.#alert(write, row, reason, requestId);
    });
    if (row.reopenedAt === null) this.#alerted.set(`${account} ${reason}`, this.#period());
    countDelivery({ account, event, outcome: 'dead', reason });
    const ids = { account, deliveryId, documentId: exdataId, requestId };
    const tell = (count: number): void => this.log.error('delivery.dead', ids, { type: event, reason, count });
    this.faults.note('dead_delivery', tell, `${account} ${reason}`);
  }

  #period(): number {
    return Math.floor(this.clock.now() / alertEveryMs);
  }

  async #alert(
    write: Write,
    row: ExdataDelivery,
    reason: ExdataDeadLetterReason,
    requestId: string | null,
  ): Promise<void> {
    const { account, exdataId, reopenedAt } = row;
    const period = this.#period();
    if (reopenedAt === null && this.#alerted.get(`${account} ${reason}`) === period) return;
    // One that a person has put to work again, and that dies again, is told of by itself.
    const cause = reopenedAt === null ? `deliveries:${reason}:${period}` : `delivery:${row.id}:${reopenedAt}`;
    const endedAt = And(MoreThanOrEqual((period - 1) * alertEveryMs), LessThan(period * alertEveryMs));
    const { mode } = row;
    const before = await write.manager.countBy(ExdataDelivery, { mode, account, outcome: 'dead', reason, endedAt });
    const more = before === 0 ? '' : `; in the hour before there were ${before}`;
    const message = `${deadDeliveryMessages[reason]}${more}. Others of this hour are in ExdataDeliveryService, without an alert each`;
    await this.alerts.raise(write, {
      kind: 'dead_letter',
      many: reopenedAt !== null,
      account,
      cause,
      code: reason,
      message,
      requestId,
      document: { exdataId },
    });
  }
}

/** What happened and what is to be done, in words. */
const deadDeliveryMessages: Readonly<Record<ExdataDeadLetterReason, string>> = {
  parse:
    'a delivery that exdata signed cannot be read; nothing was done about it. Look at it with ExdataDeliveryService.get, then discard it',
  'unknown-document':
    'exdata does not know the document of a delivery, or does not show it to this token; discard it, or give the token the ability and replay it',
  'confirm-failed': 'a delivery could not be confirmed at exdata; replay it once exdata answers',
  handler: 'a handler of deliveries failed until its retries had run out; mend it, then redrive',
  timeout: 'a delivery took too long until its retries had run out; replay it once exdata answers in time',
  poison: 'the process ended several times while it worked on a delivery; find out why, then replay it',
  expired: 'a delivery waited too long, or what it needs is not kept any more; its document is still found by polling',
};
