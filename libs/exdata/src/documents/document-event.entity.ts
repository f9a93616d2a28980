import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { toldText, wholeNumber } from '../dispatch/index.js';

/**
 * One thing that happened to a document: its history, for the person who has to understand it at night. Only ever added
 * to.
 */
@Entity({ name: 'exdata_document_event', synchronize: false })
@Index('exdata_document_event_document', ['linkId', 'at'])
export class ExdataDocumentEvent {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 36 })
  id!: string;

  /** The row of {@link ExdataLink}. */
  @Column({ name: 'document_row_id', type: 'varchar', length: 36 })
  linkId!: string;

  /**
   * How many events of the document stood there when it was inserted. Those of one insert may share it, and are in the
   * order of their ids.
   */
  @Column({ name: 'position', type: 'int' })
  position!: number;

  /** Epoch ms. */
  @Column({ name: 'at', type: 'bigint', transformer: wholeNumber })
  at!: number;

  @Column({ name: 'what', type: 'varchar', length: 64 })
  what!: string;

  @Column({ name: 'request_id', type: 'varchar', length: 128, nullable: true, transformer: toldText(128) })
  requestId!: string | null;

  @Column({ name: 'delivery_id', type: 'varchar', length: 255, nullable: true, transformer: toldText(255) })
  deliveryId!: string | null;

  @Column({ name: 'detail', type: 'text', nullable: true, transformer: toldText() })
  detail!: string | null;
}
