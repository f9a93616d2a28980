import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { modeColumn, toldText, wholeNumber, Work } from '../../dispatch/index.js';
import type { ExdataMode } from '../../dispatch/index.js';
import type { ExdataAlertKind } from './alert.js';

/**
 * An alert that has been, or is to be, handed over. Being unique by its cause is what makes it one alert, however many
 * processes see the cause.
 */
@Entity({ name: 'exdata_alert', synchronize: false })
@Index('exdata_alert_once', ['mode', 'account', 'kind', 'cause'], { unique: true })
@Index('exdata_alert_lately', ['mode', 'account', 'kind', 'createdAt'])
@Index('exdata_alert_due', ['mode', 'outcome', 'work.dueAt'])
export class ExdataAlertRow {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 36 })
  id!: string;

  @Column(modeColumn)
  mode!: ExdataMode;

  @Column({ name: 'account', type: 'varchar', length: 64 })
  account!: string;

  @Column({ name: 'kind', type: 'varchar', length: 32 })
  kind!: ExdataAlertKind;

  /** What it is about, so precisely that the same cause gives the same text. */
  @Column({ name: 'cause', type: 'varchar', length: 191 })
  cause!: string;

  @Column({ name: 'code', type: 'varchar', length: 64, transformer: toldText(64) })
  code!: string;

  @Column({ name: 'message', type: 'text', transformer: toldText() })
  message!: string;

  @Column({ name: 'source_type', type: 'varchar', length: 64, nullable: true })
  sourceType!: string | null;

  @Column({ name: 'source_id', type: 'varchar', length: 255, nullable: true })
  sourceId!: string | null;

  @Column({ name: 'exdata_id', type: 'varchar', length: 255, nullable: true })
  exdataId!: string | null;

  @Column({ name: 'request_id', type: 'varchar', length: 128, nullable: true, transformer: toldText(128) })
  requestId!: string | null;

  /** Epoch ms. */
  @Column({ name: 'created_at', type: 'bigint', transformer: wholeNumber })
  createdAt!: number;

  /** When what it tells of goes on by itself (epoch ms). */
  @Column({ name: 'retry_at', type: 'bigint', nullable: true, transformer: wholeNumber })
  retryAt!: number | null;

  /** `grouped`: one of many, told of by the row that stands for them. */
  @Column({ name: 'outcome', type: 'varchar', length: 16 })
  outcome!: 'open' | 'grouped' | 'raised' | 'dead' | 'ended';

  @Column(() => Work, { prefix: false })
  work!: Work;
}
