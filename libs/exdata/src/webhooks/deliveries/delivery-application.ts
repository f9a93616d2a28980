import { Injectable } from '@nestjs/common';
import type { ExdataDocumentData } from '../../api/index.js';
import type { Attempt, Write } from '../../dispatch/index.js';
import { Writes } from '../../dispatch/index.js';
import { DocumentLedger } from '../../documents/index.js';
import type { ExdataDelivery } from '../delivery.entity.js';
import { DeliveryEnd } from './delivery-end.js';
import { erasedWith, isNews } from './delivery-result.js';
import type { DeliveryResult } from './delivery-result.js';
import { DeliverySettling } from './delivery-settling.js';
import { PendingUploads } from './pending-uploads.js';
import { Inject } from '../../injection/index.js';

export const waitsForUpload = 'waits for an upload under way';

/** A document as it is to be taken over, and how it was come by. */
export interface Confirmed {
  readonly document: ExdataDocumentData;
  readonly requestId: string | null;
}

type DeliveryAttempt = Attempt<ExdataDelivery>;

/** Takes over what exdata shows of a delivery's document. */
@Injectable()
export class DeliveryApplication {
  constructor(
    @Inject(DocumentLedger) private readonly ledger: DocumentLedger,
    @Inject(PendingUploads) private readonly uploads: PendingUploads,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(DeliveryEnd) private readonly ends: DeliveryEnd,
    @Inject(DeliverySettling) private readonly settling: DeliverySettling,
  ) {}

  /** Settles the attempt: the document is ours, foreign, or may turn out to be that of an upload under way. */
  async takeOver(attempt: DeliveryAttempt, confirmed: Confirmed): Promise<void> {
    const { row, span } = attempt;
    const { document, requestId } = confirmed;
    const { askedAt, replayOf } = row;
    span.identify({ requestId });
    const applied = await this.writes.run((write) => this.#apply(write, attempt, confirmed));
    if (applied) await this.settling.ended(attempt, applied);
    else if (document.requester === undefined && (await this.uploads.mayOwn(row)))
      await this.settling.wait(attempt, waitsForUpload);
    else await this.settling.end(attempt, { outcome: 'foreign', exdataId: document.id, requestId, askedAt, replayOf });
  }

  /** Whether the answer that the delivery was found to wait for is still to come. */
  async stillWaits({ row }: DeliveryAttempt, exdataId: string): Promise<boolean> {
    return row.work.lastError === waitsForUpload && (await this.uploads.stillMayOwn(row, exdataId));
  }

  /** Resolves to null where no row is found for the document. */
  async #apply(
    write: Write,
    attempt: DeliveryAttempt,
    { document, requestId }: Confirmed,
  ): Promise<DeliveryResult | null> {
    const { row, span } = attempt;
    const { askedAt, replayOf, deliveryId } = row;
    const link = await this.ledger.match(write, row, document);
    if (!link) return null;
    span.identify({ sourceType: link.sourceType, sourceId: link.sourceId });
    const { state, runId, flag } = link;
    const asked = row.reopenedAt !== null;
    await this.ledger.take(write, link, { document, via: 'webhook', asked, requestId, deliveryId });
    const outcome = replayOf !== null && !isNews({ state, runId, flag }, link) ? 'replayed' : 'applied';
    const became: DeliveryResult = {
      outcome,
      exdataId: document.id,
      requestId,
      linkId: link.id,
      askedAt,
      replayOf,
    };
    const settled = link.erasedAt === null ? became : erasedWith(row, link);
    await this.ends.settle(write, attempt, settled);
    return settled;
  }
}
