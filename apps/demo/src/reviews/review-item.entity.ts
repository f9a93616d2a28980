import type { ExdataMode } from 'nestjs-exdata';
import type { ExdataDoubtReason, ExdataFieldClass } from 'nestjs-exdata/review';
import { Column, Entity, Index, PrimaryColumn } from 'typeorm';

/** A field as a person sees it when deciding. */
export interface ReviewField {
  /** exdata's name of the field. */
  readonly field: string;
  /** What a mistake in it would touch. */
  readonly class: ExdataFieldClass | null;
  readonly value: unknown;
  readonly candidates: readonly unknown[] | null;
  /** Why a person has to look; empty where nothing is wrong. */
  readonly reasons: readonly ExdataDoubtReason[];
}

/** What a person chose, field by field. */
export interface Decision {
  readonly fields: Readonly<Record<string, unknown>>;
  /** ISO 8601. */
  readonly at: string;
}

/**
 * A document that needs a person: its fields are doubtful, exdata could not or would not read it, or we could not read
 * exdata. One source has at most one in each mode.
 */
@Entity({ name: 'demo_review_item' })
@Index('demo_review_item_created', ['mode', 'createdAt', 'sourceId'])
export class ReviewItem {
  /** What was drafted in test mode is never seen in live mode. */
  @PrimaryColumn({ name: 'mode', type: 'varchar', length: 8 })
  mode!: ExdataMode;

  @PrimaryColumn({ name: 'source_id', type: 'varchar', length: 200 })
  sourceId!: string;

  @Column({ name: 'exdata_document_id', type: 'varchar', length: 64 })
  exdataDocumentId!: string;

  /** How exdata ended; `unread` where it completed the document and its extraction could not be read. */
  @Column({ name: 'outcome', type: 'varchar', length: 16 })
  outcome!: 'completed' | 'error' | 'blocked' | 'unread';

  /** X-Request-ID to name when asking exdata's support. */
  @Column({ name: 'request_id', type: 'varchar', length: 128, nullable: true })
  requestId!: string | null;

  @Column({ name: 'processing_stage', type: 'text', nullable: true })
  processingStage!: string | null;

  @Column({ name: 'processing_error', type: 'text', nullable: true })
  processingError!: string | null;

  @Column({ name: 'blocked_reason', type: 'text', nullable: true })
  blockedReason!: string | null;

  @Column({ name: 'fields', type: 'simple-json' })
  fields!: ReviewField[];

  @Column({ name: 'decision', type: 'simple-json', nullable: true })
  decision!: Decision | null;

  /** Epoch ms. */
  @Column({ name: 'created_at', type: 'bigint', transformer: { to: (ms: number) => ms, from: Number } })
  createdAt!: number;
}
