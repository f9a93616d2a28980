import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { modeColumn, wholeNumber } from '../../dispatch/index.js';
import type { ExdataMode } from '../../dispatch/index.js';

/**
 * Signed bytes that were worked on, and by which delivery first. Apart from the inbox, whose inserts wait for an
 * answer: an index over digests is the kind that slows them down most.
 */
@Entity({ name: 'exdata_seen_body', synchronize: false })
@Index('exdata_seen_body_once', ['mode', 'account', 'bodySha256'], { unique: true })
@Index('exdata_seen_body_age', ['mode', 'seenAt'])
export class ExdataSeenBody {
  /** Of the delivery's row. */
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 36 })
  id!: string;

  @Column(modeColumn)
  mode!: ExdataMode;

  @Column({ name: 'account', type: 'varchar', length: 64 })
  account!: string;

  @Column({ name: 'body_sha256', type: 'varchar', length: 64 })
  bodySha256!: string;

  /** Epoch ms. */
  @Column({ name: 'seen_at', type: 'bigint', transformer: wholeNumber })
  seenAt!: number;
}
