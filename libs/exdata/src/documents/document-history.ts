import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { Clock } from '../dispatch/index.js';
import { ExdataDocumentEvent } from './document-event.entity.js';

export interface EventDetails {
  readonly requestId?: string | null;
  readonly deliveryId?: string | null;
  readonly detail?: string | null;
}

/** Writes down what happened to a document. */
export class DocumentHistory {
  constructor(private readonly clock: Clock) {}

  /** Adds one event, in the transaction that makes it true. */
  async record(
    manager: EntityManager,
    { id }: { readonly id: string },
    what: string,
    { requestId = null, deliveryId = null, detail = null }: EventDetails = {},
  ): Promise<void> {
    const position = await manager.countBy(ExdataDocumentEvent, { documentRowId: id });
    const at = this.clock.now();
    await manager.insert(ExdataDocumentEvent, { id: randomUUID(), documentRowId: id, position, at, what, requestId, deliveryId, detail });
  }
}
