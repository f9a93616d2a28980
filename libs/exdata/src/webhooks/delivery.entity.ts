import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { modeColumn, toldText, wholeNumber, Work } from '../dispatch/index.js';
import type { ExdataMode } from '../dispatch/index.js';
import type { ExdataDeadLetterReason } from '../handlers/index.js';
import { storedBody } from './stored-body.js';

/** What became of a delivery. */
export const exdataDeliveryOutcomes = [
  /** Stored, not worked off yet. */
  'open',
  /** Confirmed at exdata and taken over. */
  'applied',
  /** The same signed bytes had come under another id, and nothing is new. */
  'replayed',
  /** About a document that another system uploaded to the account. */
  'foreign',
  /** Names no document: an event of another kind. */
  'ignored',
  /** Given up for its `reason`; a person has to look. */
  'dead',
  /** Put away by a person, or erased before it was worked off. */
  'discarded',
] as const;
export type ExdataDeliveryOutcome = (typeof exdataDeliveryOutcomes)[number];

/**
 * The inbox: one row for each delivery, committed before it is answered. The same delivery id with other truly signed
 * bytes is a row of its own, since the id is not signed.
 */
@Entity({ name: 'exdata_delivery', synchronize: false })
@Index('exdata_delivery_once', ['mode', 'account', 'deliveryId', 'bodySha256'], { unique: true })
@Index('exdata_delivery_due', ['mode', 'outcome', 'work.dueAt'])
@Index('exdata_delivery_age', ['mode', 'bodyDropped', 'receivedAt'])
@Index('exdata_delivery_asked', ['mode', 'account', 'exdataId', 'askedAt'])
@Index('exdata_delivery_received', ['mode', 'receivedAt', 'id'])
export class ExdataDelivery {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 36 })
  id!: string;

  /** Of the process that took it: its secret signed the bytes. */
  @Column(modeColumn)
  mode!: ExdataMode;

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
  outcome!: ExdataDeliveryOutcome;

  /** exdata's id of the document that the body names. */
  @Column({ name: 'exdata_id', type: 'varchar', length: 255, nullable: true })
  exdataId!: string | null;

  /** X-Request-ID of the read that confirmed it. */
  @Column({ name: 'request_id', type: 'varchar', length: 128, nullable: true, transformer: toldText(128) })
  requestId!: string | null;

  /** Why it is dead. */
  @Column({ name: 'reason', type: 'varchar', length: 32, nullable: true })
  reason!: ExdataDeadLetterReason | null;

  /** The row of the document that it was applied to. */
  @Column({ name: 'document_row_id', type: 'varchar', length: 36, nullable: true })
  linkId!: string | null;

  /** Row of the delivery by which the same signed bytes were worked on first, where this is another one. */
  @Column({ name: 'replay_of', type: 'varchar', length: 36, nullable: true })
  replayOf!: string | null;

  /**
   * When the read that confirms it began (epoch ms): it answers every delivery about the document that had come before.
   */
  @Column({ name: 'asked_at', type: 'bigint', nullable: true, transformer: wholeNumber })
  askedAt!: number | null;

  /** When it got its outcome (epoch ms). */
  @Column({ name: 'ended_at', type: 'bigint', nullable: true, transformer: wholeNumber })
  endedAt!: number | null;

  /** When a person last put it to work again (epoch ms). */
  @Column({ name: 'reopened_at', type: 'bigint', nullable: true, transformer: wholeNumber })
  reopenedAt!: number | null;

  /** Why it was put away, in the words of whoever did. */
  @Column({ name: 'note', type: 'text', nullable: true, transformer: toldText() })
  note!: string | null;

  @Column(() => Work, { prefix: false })
  work!: Work;
}
