import { Injectable } from '@nestjs/common';
import type { Attempt, ExdataClock } from '../../dispatch/index.js';
import { EXDATA_CLOCK, NotYetError, Writes } from '../../dispatch/index.js';
import { afterReadError } from '../../documents/index.js';
import { DeadLetterError, isUnknownDocument } from '../../handlers/index.js';
import type { ExdataDeadLetterReason } from '../../handlers/index.js';
import type { ExdataDelivery } from '../delivery.entity.js';
import { DeliveryEnd } from './delivery-end.js';
import type { DeliveryResult } from './delivery-result.js';
import { sinceOf } from './document-reads.js';
import { WaitingReplays } from './waiting-replays.js';
import { EXDATA_WORK } from '../../config/index.js';
import { Inject } from '../../injection/index.js';

/** When a delivery that waits for an upload's answer looks again, in milliseconds. */
const linkRetryMs = 2_000;

type DeliveryAttempt = Attempt<ExdataDelivery>;

export interface WaitSettings {
  /** How long a delivery waits for its account, in milliseconds. */
  readonly waitTotalMs: number;
}

/** Settles attempts at deliveries, and lets those know that wait for them. */
@Injectable()
export class DeliverySettling {
  constructor(
    @Inject(Writes) private readonly writes: Writes,
    @Inject(DeliveryEnd) private readonly ends: DeliveryEnd,
    @Inject(WaitingReplays) private readonly replays: WaitingReplays,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(EXDATA_WORK) private readonly settings: WaitSettings,
  ) {}

  async end(attempt: DeliveryAttempt, result: DeliveryResult): Promise<void> {
    await this.writes.run((write) => this.ends.settle(write, attempt, { replayOf: attempt.row.replayOf, ...result }));
    await this.ended(attempt, result);
  }

  /** The result is committed. */
  async ended({ row, span }: DeliveryAttempt, result: DeliveryResult): Promise<void> {
    span.note('result', result.outcome);
    this.ends.tell(row, result);
    await this.replays.settle(row, result);
  }

  /** Lets the delivery wait for an upload's answer. */
  async wait(attempt: DeliveryAttempt, why: string): Promise<void> {
    const dueAt = this.clock.now() + linkRetryMs;
    await this.writes.run((write) => attempt.settle(write, { kind: 'wait', dueAt, error: why }));
  }

  /**
   * Gives the delivery up where no retry could go better.
   * @throws {unknown} the error where one may
   */
  async failed(attempt: DeliveryAttempt, error: unknown): Promise<void> {
    const { row, span } = attempt;
    const final = this.#finalOf(row, error);
    if (!final) {
      await this.replays.putOff(row).catch(() => undefined);
      throw error;
    }
    span.note('result', 'dead');
    const { askedAt } = row;
    await this.ends.dead(attempt, final, error);
    if (final === 'unknown-document') await this.replays.settle(row, { outcome: 'dead', askedAt });
  }

  dead(attempt: DeliveryAttempt, reason: ExdataDeadLetterReason, error: unknown): Promise<void> {
    return this.ends.dead(attempt, reason, error);
  }

  #finalOf(row: ExdataDelivery, error: unknown): ExdataDeadLetterReason | null {
    if (error instanceof DeadLetterError) return error.reason;
    if (isUnknownDocument(error)) return 'unknown-document';
    if (afterReadError(error, row.work.failures) === 'end') return 'confirm-failed';
    const waited = this.clock.now() - sinceOf(row);
    return error instanceof NotYetError && waited > this.settings.waitTotalMs ? 'expired' : null;
  }
}
