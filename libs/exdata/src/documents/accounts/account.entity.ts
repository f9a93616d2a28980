import { Column, Entity, Index, PrimaryColumn } from 'typeorm';
import { modeColumn, toldText, wholeNumber, Work } from '../../dispatch/index.js';
import type { ExdataMode } from '../../dispatch/index.js';

/** Why nothing is sent for an account until a person has acted. */
export type ExdataHoldReason = 'insufficient_credits' | 'authentication_failed' | 'permission_denied' | 'wrong_mode';

/**
 * What all workers of all processes have to know of an account: whether it is on hold, and until when exdata asked it
 * to wait.
 */
@Entity({ name: 'exdata_account', synchronize: false })
@Index('exdata_account_once', ['mode', 'account'], { unique: true })
@Index('exdata_account_due', ['mode', 'work.dueAt'])
export class ExdataAccountState {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 36 })
  id!: string;

  @Column(modeColumn)
  mode!: ExdataMode;

  /** The account's name in the configuration. */
  @Column({ name: 'account', type: 'varchar', length: 64 })
  account!: string;

  /**
   * One id for each hold, so that what was held by it can be told from what a later one holds. Null when the account is
   * not on hold.
   */
  @Column({ name: 'hold_id', type: 'varchar', length: 36, nullable: true })
  holdId!: string | null;

  @Column({ name: 'hold_reason', type: 'varchar', length: 32, nullable: true })
  holdReason!: ExdataHoldReason | null;

  /** Epoch ms. */
  @Column({ name: 'held_since', type: 'bigint', nullable: true, transformer: wholeNumber })
  heldSince!: number | null;

  /** X-Request-ID of the answer that began the hold. */
  @Column({ name: 'hold_request_id', type: 'varchar', length: 128, nullable: true, transformer: toldText(128) })
  holdRequestId!: string | null;

  /**
   * Which tokens exdata refused last, as {@link RefusedTokens} writes them; null where none was, or a person has
   * released the hold.
   */
  @Column({ name: 'refused_tokens', type: 'varchar', length: 255, nullable: true })
  refusedTokens!: string | null;

  /** The one row that may be sent in spite of the hold, to find out whether it can end. */
  @Column({ name: 'probe_row_id', type: 'varchar', length: 36, nullable: true })
  probeRowId!: string | null;

  /** Before this nothing is asked of exdata (epoch ms): 429. */
  @Column({ name: 'not_before', type: 'bigint', nullable: true, transformer: wholeNumber })
  notBefore!: number | null;

  /** Before this nothing is uploaded (epoch ms): the daily limit of test mode. */
  @Column({ name: 'upload_not_before', type: 'bigint', nullable: true, transformer: wholeNumber })
  uploadNotBefore!: number | null;

  /** Since when the daily limit of test mode has been reached (epoch ms); null once an upload was taken again. */
  @Column({ name: 'limited_since', type: 'bigint', nullable: true, transformer: wholeNumber })
  limitedSince!: number | null;

  /** Its work is to release what was held, and to probe a hold. */
  @Column(() => Work, { prefix: false })
  work!: Work;
}
