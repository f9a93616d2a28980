import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { EntityManager } from 'typeorm';
import type { Write } from '../dispatch/index.js';
import { ExdataDocumentEvent } from './document-event.entity.js';

export interface EventDetails {
  readonly requestId?: string | null;
  readonly deliveryId?: string | null;
  readonly detail?: string | null;
}

export interface NewEvent extends EventDetails {
  readonly what: string;
}

/** Writes down what happened to a document. */
@Injectable()
export class DocumentHistory {
  /** Adds one event, in the transaction that makes it true. */
  async record(write: Write, row: { readonly id: string }, what: string, details: EventDetails = {}): Promise<void> {
    await this.recordAll(write, row, [{ ...details, what }]);
  }

  /** Adds the events of one moment, in their order. */
  async recordAll(
    { manager, now: at }: Write,
    { id: linkId }: { readonly id: string },
    events: readonly NewEvent[],
  ): Promise<void> {
    if (events.length === 0) return;
    const position = (): string => earlierOf(manager);
    const ids = events.map(() => randomUUID()).sort();
    const rows = events.map(({ what, requestId = null, deliveryId = null, detail = null }, index) => {
      const id = ids[index] ?? randomUUID();
      return { id, linkId, position, at, what, requestId, deliveryId, detail };
    });
    await manager
      .createQueryBuilder()
      .insert()
      .into(ExdataDocumentEvent)
      .values(rows)
      .setParameter('linkId', linkId)
      .updateEntity(false)
      .execute();
  }
}

/**
 * SQL that counts the document's events, under a name of its own: MySQL reads from a table that it inserts into only
 * so. It counts rows of the same statement too, which other databases do not.
 */
function earlierOf(manager: EntityManager): string {
  const counted = manager
    .createQueryBuilder(ExdataDocumentEvent, 'event')
    .select('count(*)', 'events')
    .where('event.linkId = :linkId');
  return `(select counted.events from (${counted.getQuery()}) counted)`;
}
