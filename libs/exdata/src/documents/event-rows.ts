import type { EntityManager } from 'typeorm';
import type { ExdataDocumentEvent } from './document-event.entity.js';

/** A row of a document's history that is to be inserted: the database tells its position. */
export type NewEventRow = Omit<ExdataDocumentEvent, 'linkId' | 'position'>;

/** Inserts rows of a document's history. What differs between databases is behind it. */
export abstract class EventRows {
  /** Adds the events of one moment, whose ids are in their order, after those that the document has. */
  abstract insert(manager: EntityManager, linkId: string, rows: readonly NewEventRow[]): Promise<void>;
}
