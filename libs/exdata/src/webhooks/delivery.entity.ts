import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { wholeNumber, Work } from '../dispatch/index.js';
import { storedBody } from './stored-body.js';

/** What became of a delivery. */
export type DeliveryOutcome =
  /** Stored, not worked on yet. */
  | 'open'
  /** Confirmed at exdata and taken over. */
  | 'applied'
  /** About a document that another system uploaded to the account. */
  | 'foreign'
  /** exdata does not know the document, or does not show it to this token. */
  | 'unknown-document'
  /** Names no document: an event of another kind. */
  | 'ignored'
  /** Given up; a person has to look. */
  | 'dead';

/** The inbox: one row for each delivery, committed before it is answered. The same delivery id with other truly signed bytes is a row of its own, since the id is not signed. */
@Entity({ name: 'exdata_delivery' })
@Index('exdata_delivery_once', ['account', 'deliveryId', 'bodySha256'], { unique: true })
@Index('exdata_delivery_due', ['outcome', 'work.dueAt'])
@Index('exdata_delivery_age', ['bodyDropped', 'receivedAt'])
export class ExdataDelivery {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 36 })
  id!: string;

  @Column({ name: 'account', type: 'varchar', length: 64 })
  account!: string;

  /** X-Delivery. */
  @Column({ name: 'delivery_id', type: 'varchar', length: 255 })
  deliveryId!: string;

  /** X-Event: a hint, it is not signed. */
  @Column({ name: 'event', type: 'varchar', length: 128 })
  event!: string;

  /** X-Timestamp in epoch ms: a hint, it is not signed. */
  @Column({ name: 'sent_at', type: 'bigint', transformer: wholeNumber })
  sentAt!: number;

  /** Epoch ms. */
  @Column({ name: 'received_at', type: 'bigint', transformer: wholeNumber })
  receivedAt!: number;

  @Column({ name: 'body_sha256', type: 'varchar', length: 64 })
  bodySha256!: string;

  /** The signed bytes. */
  @Column({ name: 'body', type: 'text', transformer: storedBody })
  body!: Buffer;

  /** Whether the body's time was over: then it is empty, while its SHA-256 still tells copies. */
  @Column({ name: 'body_dropped', type: 'boolean', default: false })
  bodyDropped!: boolean;

  /** Whether other truly signed bytes had come under the same delivery id before. */
  @Column({ name: 'conflicting_id', type: 'boolean', default: false })
  conflictingId!: boolean;

  /** Id of the secret that the signature was made with. */
  @Column({ name: 'secret_id', type: 'varchar', length: 64 })
  secretId!: string;

  @Column({ name: 'outcome', type: 'varchar', length: 24 })
  outcome!: DeliveryOutcome;

  /** exdata's id of the document that the body names. */
  @Column({ name: 'exdata_id', type: 'varchar', length: 64, nullable: true })
  exdataId!: string | null;

  /** X-Request-ID of the read that confirmed it. */
  @Column({ name: 'request_id', type: 'varchar', length: 128, nullable: true })
  requestId!: string | null;

  @Column(() => Work, { prefix: false })
  work!: Work;
}
