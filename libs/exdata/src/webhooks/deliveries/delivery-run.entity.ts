import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { modeColumn, wholeNumber, Work } from '../../dispatch/index.js';
import type { ExdataMode } from '../../dispatch/index.js';
import type { ExdataDeadLetterReason, ExdataHandlerRunOutcome } from '../../handlers/index.js';

/**
 * One handler's work on the signed bytes of a delivery. Being unique is what makes the handler run once, under however
 * many ids they come.
 */
@Entity({ name: 'exdata_delivery_run', synchronize: false })
@Index('exdata_delivery_run_once', ['mode', 'account', 'effect', 'handler'], { unique: true })
@Index('exdata_delivery_run_due', ['mode', 'outcome', 'work.dueAt', 'registrationId'])
@Index('exdata_delivery_run_delivery', ['deliveryRowId'])
@Index('exdata_delivery_run_age', ['mode', 'createdAt'])
export class ExdataDeliveryRun {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 36 })
  id!: string;

  /** The row of ExdataDelivery. */
  @Column({ name: 'delivery_row_id', type: 'varchar', length: 36 })
  deliveryRowId!: string;

  @Column(modeColumn)
  mode!: ExdataMode;

  @Column({ name: 'account', type: 'varchar', length: 64 })
  account!: string;

  /** SHA-256 of the signed bytes; for a handler that also takes replays, and one of them, the delivery's row. */
  @Column({ name: 'effect', type: 'varchar', length: 100 })
  effect!: string;

  /** The handler's stable name. */
  @Column({ name: 'handler', type: 'varchar', length: 191 })
  handler!: string;

  /** Row of ExdataHandler that it was opened for: no process but one that has the handler may take it. */
  @Column({ name: 'registration_id', type: 'varchar', length: 36 })
  registrationId!: string;

  @Column({ name: 'outcome', type: 'varchar', length: 16 })
  outcome!: ExdataHandlerRunOutcome;

  /** Why it is dead. */
  @Column({ name: 'reason', type: 'varchar', length: 32, nullable: true })
  reason!: ExdataDeadLetterReason | null;

  /** When it got its outcome (epoch ms). */
  @Column({ name: 'ended_at', type: 'bigint', nullable: true, transformer: wholeNumber })
  endedAt!: number | null;

  /** When a person last put it to work again (epoch ms). */
  @Column({ name: 'reopened_at', type: 'bigint', nullable: true, transformer: wholeNumber })
  reopenedAt!: number | null;

  /** Epoch ms. */
  @Column({ name: 'created_at', type: 'bigint', transformer: wholeNumber })
  createdAt!: number;

  @Column(() => Work, { prefix: false })
  work!: Work;
}
