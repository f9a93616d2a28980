import { Injectable } from '@nestjs/common';
import type { ExdataDelivery } from '../delivery.entity.js';
import { ConflictingIds } from './conflicting-ids.js';
import { contentOf } from './delivery-content.js';
import type { DeliveryContent } from './delivery-content.js';
import { erasedWith } from './delivery-result.js';
import type { DeliveryResult } from './delivery-result.js';
import { DeliveryRuns } from './delivery-runs.js';
import { DocumentReads } from './document-reads.js';
import { SeenBodies } from './seen-bodies.js';
import { Inject } from '../../injection/index.js';

/** What a delivery says, and what is known of it here. */
export interface Opened {
  readonly content: DeliveryContent;
  /** What it ends with at once: its document was erased here. */
  readonly end: DeliveryResult | null;
}

/** Looks into a delivery, and opens the runs of the handlers of raw deliveries. */
@Injectable()
export class DeliveryOpening {
  constructor(
    @Inject(SeenBodies) private readonly seen: SeenBodies,
    @Inject(ConflictingIds) private readonly conflicts: ConflictingIds,
    @Inject(DocumentReads) private readonly shared: DocumentReads,
    @Inject(DeliveryRuns) private readonly runs: DeliveryRuns,
  ) {}

  async open(row: ExdataDelivery): Promise<Opened> {
    // What cannot be forgotten now is forgotten another time.
    await this.seen.forget().catch(() => undefined);
    await this.conflicts.mark(row);
    const content = contentOf(row.body);
    row.exdataId = content.documentId ?? row.exdataId;
    row.replayOf = await this.seen.originalOf(row);
    const handlers = row.body.length > 0 ? await this.runs.handlersFor(row, content.event ?? row.event) : [];
    // Looked for before a handler is told of it; where there is none, the delivery's own work finds it.
    if (handlers.length === 0) return { content, end: null };
    const erased = row.exdataId === null ? null : await this.shared.erasedOf(row, row.exdataId);
    if (erased) return { content, end: erasedWith(row, erased) };
    await this.runs.open(row, handlers);
    return { content, end: null };
  }
}
