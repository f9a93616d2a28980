import { Injectable } from '@nestjs/common';
import { ExdataError } from '../../api/index.js';
import type { Attempt } from '../../dispatch/index.js';
import { AccountReads, afterReadError, UnreadDocuments } from '../../documents/index.js';
import { isUnknownDocument } from '../../handlers/index.js';
import type { ExdataDelivery } from '../delivery.entity.js';
import type { Confirmed } from './delivery-application.js';
import { DeliveryEnd } from './delivery-end.js';
import { unasked } from './delivery-result.js';
import { DeliverySettling } from './delivery-settling.js';
import { DocumentReads } from './document-reads.js';
import { Inject } from '../../injection/index.js';

type DeliveryAttempt = Attempt<ExdataDelivery>;

/** Asks exdata for the document of a delivery, unless the read of another delivery answers it. */
@Injectable()
export class DeliveryConfirmation {
  constructor(
    @Inject(DocumentReads) private readonly shared: DocumentReads,
    @Inject(AccountReads) private readonly reads: AccountReads,
    @Inject(UnreadDocuments) private readonly unread: UnreadDocuments,
    @Inject(DeliveryEnd) private readonly ends: DeliveryEnd,
    @Inject(DeliverySettling) private readonly settling: DeliverySettling,
  ) {}

  /** Resolves to null where the attempt is settled without asking. */
  async ask(attempt: DeliveryAttempt, exdataId: string): Promise<Confirmed | null> {
    const { row } = attempt;
    const reading = await this.shared.begin(attempt, exdataId, (write, found) =>
      found.kind === 'wait'
        ? attempt.settle(write, { kind: 'wait', dueAt: found.dueAt, error: 'waits for the read of another delivery' })
        : this.ends.settle(write, attempt, unasked(row, found)),
    );
    if (reading.kind === 'ask') return this.#read(attempt, exdataId);
    if (reading.kind !== 'wait') await this.settling.ended(attempt, unasked(row, reading));
    return null;
  }

  async #read(attempt: DeliveryAttempt, exdataId: string): Promise<Confirmed> {
    const { mode, account, work } = attempt.row;
    try {
      const { data, requestId } = await this.reads.document({ account, exdataId }, exdataId, {
        signal: attempt.signal,
      });
      return { document: data, requestId };
    } catch (error) {
      // Others need not wait for it; should that fail too, they wait a little.
      if (!isUnknownDocument(error)) await this.shared.abandon(attempt).catch(() => undefined);
      if (error instanceof ExdataError)
        await this.unread.document({ mode, account, exdataId }, error, afterReadError(error, work.failures));
      throw error;
    }
  }
}
