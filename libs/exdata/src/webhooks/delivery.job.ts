import { Injectable } from '@nestjs/common';
import type { FindOptionsWhere } from 'typeorm';
import type { Attempt, Job, ExdataJobRef } from '../dispatch/index.js';
import { reasonFor } from '../handlers/index.js';
import { DeliveryApplication, waitsForUpload } from './deliveries/delivery-application.js';
import { DeliveryConfirmation } from './deliveries/delivery-confirmation.js';
import { checkNamesNone, documentIn } from './deliveries/delivery-content.js';
import { DeliveryOpening } from './deliveries/delivery-opening.js';
import { DeliverySettling } from './deliveries/delivery-settling.js';
import { deliveryJobName, laterDeliveryJobName } from './delivery-job-name.js';
import { ExdataDelivery } from './delivery.entity.js';
import { DeliverySorting } from './sorting/delivery-sorting.js';
import { EXDATA_WEBHOOK } from '../config/index.js';
import { Inject } from '../injection/index.js';

export interface DeliverySettings {
  /** Whether the document in the signed body is believed, where there is one: `payload`. */
  readonly confirm: 'fetch' | 'payload';
}

/**
 * Works a delivery off: asks exdata for the document that it names, and takes over what exdata says rather than what
 * the delivery says.
 */
@Injectable()
export class DeliveryJob implements Job<ExdataDelivery> {
  readonly name = deliveryJobName;
  readonly later = laterDeliveryJobName;
  readonly entity = ExdataDelivery;
  readonly where: FindOptionsWhere<ExdataDelivery> = { outcome: 'open' };
  readonly asksAs = 'account';
  readonly timeoutMs = 30_000;

  constructor(
    @Inject(DeliverySorting) private readonly sorting: DeliverySorting,
    @Inject(DeliveryOpening) private readonly opening: DeliveryOpening,
    @Inject(DeliveryConfirmation) private readonly confirmation: DeliveryConfirmation,
    @Inject(DeliveryApplication) private readonly application: DeliveryApplication,
    @Inject(DeliverySettling) private readonly settling: DeliverySettling,
    @Inject(EXDATA_WEBHOOK) private readonly settings: DeliverySettings,
  ) {}

  sort(ids: readonly string[]): Promise<ExdataJobRef[]> {
    return this.sorting.sortSwept(ids);
  }

  async run(attempt: Attempt<ExdataDelivery>): Promise<void> {
    const { row, span } = attempt;
    span.identify({ account: row.account, deliveryId: row.deliveryId });
    span.note('event', row.event);
    try {
      await this.#work(attempt);
    } catch (error) {
      await this.settling.failed(attempt, error);
    }
  }

  async giveUp(attempt: Attempt<ExdataDelivery>, error: unknown): Promise<void> {
    await this.settling.dead(attempt, reasonFor(error, attempt, 'confirm-failed'), error);
  }

  async #work(attempt: Attempt<ExdataDelivery>): Promise<void> {
    const { row, span } = attempt;
    const { content, end } = await this.opening.open(row);
    const { exdataId } = row;
    if (end) return this.settling.end(attempt, end);
    if (exdataId === null) {
      // What is wrong with bytes is told once; what they say cannot be known where they are not kept.
      if (row.replayOf === null || row.body.length === 0) checkNamesNone(row, content);
      return this.settling.end(attempt, { outcome: row.replayOf === null ? 'ignored' : 'replayed' });
    }
    span.identify({ documentId: exdataId });
    if (await this.application.stillWaits(attempt, exdataId)) return this.settling.wait(attempt, waitsForUpload);
    const believed = this.settings.confirm === 'payload' ? documentIn(content) : null;
    const confirmed = believed
      ? { document: believed, requestId: null }
      : await this.confirmation.ask(attempt, exdataId);
    if (confirmed) await this.application.takeOver(attempt, confirmed);
  }
}
