import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { wholeNumber } from '../dispatch/index.js';

/** One thing that happened to a document: its history, for the person who has to understand it at night. Only ever added to. */
@Entity({ name: 'exdata_document_event' })
@Index('exdata_document_event_document', ['documentRowId', 'at'])
export class ExdataDocumentEvent {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 36 })
  id!: string;

  /** The row of {@link ExdataDocument}. */
  @Column({ name: 'document_row_id', type: 'varchar', length: 36 })
  documentRowId!: string;

  /** Position within one document's history. */
  @Column({ name: 'position', type: 'int' })
  position!: number;

  /** Epoch ms. */
  @Column({ name: 'at', type: 'bigint', transformer: wholeNumber })
  at!: number;

  @Column({ name: 'what', type: 'varchar', length: 64 })
  what!: string;

  @Column({ name: 'request_id', type: 'varchar', length: 128, nullable: true })
  requestId!: string | null;

  @Column({ name: 'delivery_id', type: 'varchar', length: 255, nullable: true })
  deliveryId!: string | null;

  @Column({ name: 'detail', type: 'text', nullable: true })
  detail!: string | null;
}
