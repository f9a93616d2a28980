import type { EntityManager } from 'typeorm';
import { EventRows, ExdataDocumentEvent } from '../../documents/index.js';
import type { NewEventRow } from '../../documents/index.js';

/** As TypeORM inserts, on any database. */
export class EventRowsInAnyDatabase extends EventRows {
  async insert(manager: EntityManager, linkId: string, rows: readonly NewEventRow[]): Promise<void> {
    const position = (): string => earlierOf(manager);
    await manager
      .createQueryBuilder()
      .insert()
      .into(ExdataDocumentEvent)
      .values(rows.map((row) => ({ ...row, linkId, position })))
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
