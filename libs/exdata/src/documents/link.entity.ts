import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { modeColumn, toldIn, toldText, wholeNumber, Work } from '../dispatch/index.js';
import type { ExdataMode } from '../dispatch/index.js';
import type { ExdataDocumentState } from './document-state.js';

/** Why a document does not move on by itself, in words for a person. */
export interface ExdataDocumentProblem {
  /** exdata's error code, or one of ours. */
  readonly code: string;
  readonly message: string;
  /** exdata's messages by field (422). */
  readonly fields: Readonly<Record<string, readonly string[]>> | null;
  /** When it is tried again (epoch ms); null when a person has to act. */
  readonly retryAt: number | null;
}

/**
 * The link between a local source and exdata's document, and the ledger of its upload: written before the first byte
 * leaves, it carries everything that is sent, so that each retry sends the same.
 */
@Entity({ name: 'exdata_document', synchronize: false })
@Index('exdata_document_source', ['mode', 'account', 'sourceType', 'sourceId', 'generation'], { unique: true })
@Index('exdata_document_exdata_id', ['mode', 'account', 'exdataId'], { unique: true })
@Index('exdata_document_correlation', ['correlationId'], { unique: true })
@Index('exdata_document_due', ['mode', 'state', 'work.dueAt'])
@Index('exdata_document_created', ['mode', 'account', 'createdAt', 'id'])
@Index('exdata_document_held', ['mode', 'account', 'holdId'])
@Index('exdata_document_spool', ['spoolId'])
@Index('exdata_document_ended', ['mode', 'state', 'endedAt', 'id'])
export class ExdataLink {
  /** UUID of the row; rows that belong to it name it `linkId`. */
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 36 })
  id!: string;

  /** The mode that it was submitted in; processes of the other mode leave it alone. */
  @Column(modeColumn)
  mode!: ExdataMode;

  @Column({ name: 'account', type: 'varchar', length: 64 })
  account!: string;

  /** What the document belongs to in the host, such as `invoice`. */
  @Column({ name: 'source_type', type: 'varchar', length: 64 })
  sourceType!: string;

  /** The host's id of that. */
  @Column({ name: 'source_id', type: 'varchar', length: 255 })
  sourceId!: string;

  /** Raised when the same source is sent anew, under a new key. */
  @Column({ name: 'generation', type: 'int' })
  generation!: number;

  /** Where the document stands, from the queue here to its end at exdata. */
  @Column({ name: 'state', type: 'varchar', length: 16 })
  state!: ExdataDocumentState;

  /** What exdata tells a repeated upload by; the same for each attempt of this generation. */
  @Column({ name: 'idempotency_key', type: 'varchar', length: 255 })
  idempotencyKey!: string;

  /**
   * Our opaque id of this row at exdata, sent as `requester`: by it a document seen there finds its row even if the
   * upload's answer was lost.
   */
  @Column({ name: 'correlation_id', type: 'varchar', length: 64 })
  correlationId!: string;

  /** SHA-256 of the bytes, lower-case hex. */
  @Column({ name: 'sha256', type: 'varchar', length: 64 })
  sha256!: string;

  /** In bytes. */
  @Column({ name: 'size', type: 'bigint', transformer: wholeNumber })
  size!: number;

  /** As it is sent. */
  @Column({ name: 'filename', type: 'varchar', length: 255 })
  filename!: string;

  @Column({ name: 'content_type', type: 'varchar', length: 127 })
  contentType!: string;

  /**
   * Where the bytes are kept until exdata has them; null when they are read through `reference`. Generations of one
   * document may share it.
   */
  @Column({ name: 'spool_id', type: 'varchar', length: 36, nullable: true })
  spoolId!: string | null;

  /** Where the host's reader finds the bytes; null when they are spooled. */
  @Column({ name: 'reference', type: 'text', nullable: true })
  reference!: string | null;

  @Column({ name: 'locale', type: 'varchar', length: 35, nullable: true })
  locale!: string | null;

  @Column({ name: 'custom_types', type: 'simple-json', nullable: true })
  customTypes!: string[] | null;

  @Column({ name: 'text', type: 'text', nullable: true })
  text!: string | null;

  /** exdata's id of the document; null until it is known. */
  @Column({ name: 'exdata_id', type: 'varchar', length: 255, nullable: true })
  exdataId!: string | null;

  @Column({ name: 'exdata_mode', type: 'varchar', length: 16, nullable: true, transformer: toldText(16) })
  exdataMode!: string | null;

  /** The status as exdata last gave it, kept even where it is none of the four. */
  @Column({ name: 'exdata_status', type: 'varchar', length: 64, nullable: true, transformer: toldText(64) })
  exdataStatus!: string | null;

  /** Id of the extraction run that `state` speaks of. */
  @Column({ name: 'run_id', type: 'varchar', length: 255, nullable: true })
  runId!: string | null;

  @Column({ name: 'is_e_invoice', type: 'boolean', nullable: true })
  isEInvoice!: boolean | null;

  @Column({ name: 'processing_stage', type: 'text', nullable: true, transformer: toldText() })
  processingStage!: string | null;

  @Column({ name: 'processing_error', type: 'text', nullable: true, transformer: toldText() })
  processingError!: string | null;

  @Column({ name: 'blocked_reason', type: 'text', nullable: true, transformer: toldText() })
  blockedReason!: string | null;

  /** X-Request-ID of the latest exchange with exdata that changed this row. */
  @Column({ name: 'request_id', type: 'varchar', length: 128, nullable: true, transformer: toldText(128) })
  requestId!: string | null;

  /** The document as exdata last gave it, without the largest of its values where they are too much for a row. */
  @Column({ name: 'observed', type: 'simple-json', nullable: true })
  observed!: Record<string, unknown> | null;

  /**
   * What a person should know although the document moves on: exdata contradicted itself, or gave a status that this
   * version does not know.
   */
  @Column({ name: 'flag', type: 'varchar', length: 32, nullable: true })
  flag!: 'conflict' | 'unknown_status' | null;

  /** The account's hold that this row waits for, or that ended it: see ExdataAccountState. */
  @Column({ name: 'hold_id', type: 'varchar', length: 36, nullable: true })
  holdId!: string | null;

  /** Why this generation was made; null for the first. */
  @Column({ name: 'reason', type: 'text', nullable: true, transformer: toldText() })
  reason!: string | null;

  /** Why it does not move on by itself; null while it does. */
  @Column({ name: 'problem', type: 'simple-json', nullable: true, transformer: toldIn('message') })
  problem!: ExdataDocumentProblem | null;

  /** Epoch ms. */
  @Column({ name: 'created_at', type: 'bigint', transformer: wholeNumber })
  createdAt!: number;

  /** Epoch ms. */
  @Column({ name: 'updated_at', type: 'bigint', transformer: wholeNumber })
  updatedAt!: number;

  /** When the idempotency key was first used (epoch ms). */
  @Column({ name: 'first_sent_at', type: 'bigint', nullable: true, transformer: wholeNumber })
  firstSentAt!: number | null;

  /** Since when exdata has been working on it (epoch ms). */
  @Column({ name: 'pending_since', type: 'bigint', nullable: true, transformer: wholeNumber })
  pendingSince!: number | null;

  /** When it was seen to have reached the final state that it is in (epoch ms). */
  @Column({ name: 'ended_at', type: 'bigint', nullable: true, transformer: wholeNumber })
  endedAt!: number | null;

  /** When its content was erased here (epoch ms); what exdata shows of it is not taken over any more. */
  @Column({ name: 'erased_at', type: 'bigint', nullable: true, transformer: wholeNumber })
  erasedAt!: number | null;

  @Column(() => Work, { prefix: false })
  work!: Work;
}
