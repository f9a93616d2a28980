import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { modeColumn, toldText, wholeNumber, Work } from '../dispatch/index.js';
import type { ExdataMode } from '../dispatch/index.js';
import type { ExdataDeadLetterReason, ExdataHandlerRunOutcome } from '../handlers/index.js';
import type { ExdataHandledStatus } from './document-state.js';

/**
 * One handler's work on one state of one extraction run. Being unique is what makes the handler run once, whoever saw
 * the state first and however often.
 */
@Entity({ name: 'exdata_handler_run', synchronize: false })
@Index('exdata_handler_run_once', ['linkId', 'runKey', 'status', 'handler'], { unique: true })
@Index('exdata_handler_run_due', ['mode', 'outcome', 'work.dueAt', 'registrationId'])
export class ExdataHandlerRun {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 36 })
  id!: string;

  @Column(modeColumn)
  mode!: ExdataMode;

  @Column({ name: 'document_row_id', type: 'varchar', length: 36 })
  linkId!: string;

  /** Id of the extraction run, or `-` where exdata names none. */
  @Column({ name: 'run_key', type: 'varchar', length: 255 })
  runKey!: string;

  @Column({ name: 'status', type: 'varchar', length: 16 })
  status!: ExdataHandledStatus;

  /** The handler's stable name. */
  @Column({ name: 'handler', type: 'varchar', length: 191 })
  handler!: string;

  /** Row of ExdataHandler that it was opened for: no process but one that has the handler may take it. */
  @Column({ name: 'registration_id', type: 'varchar', length: 36 })
  registrationId!: string;

  /** The account with whose token exdata is asked for what the handler is told; null where nothing is asked. */
  @Column({ name: 'asks_as', type: 'varchar', length: 64, nullable: true })
  asksAs!: string | null;

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

  /** The document as it was when the state was seen. */
  @Column({ name: 'observed', type: 'simple-json' })
  observed!: Record<string, unknown>;

  @Column({ name: 'request_id', type: 'varchar', length: 128, nullable: true, transformer: toldText(128) })
  requestId!: string | null;

  /** Epoch ms. */
  @Column({ name: 'created_at', type: 'bigint', transformer: wholeNumber })
  createdAt!: number;

  @Column(() => Work, { prefix: false })
  work!: Work;
}
