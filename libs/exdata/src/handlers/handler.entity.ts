import { Column, Entity, PrimaryColumn } from 'typeorm';
import { modeColumn, wholeNumber, Work } from '../dispatch/index.js';
import type { ExdataMode } from '../dispatch/index.js';

/** What a handler is called for: a document that ended, or a delivery as it came. */
export type ExdataHandlerSubject = 'document' | 'delivery';

/**
 * One handler's wish to be called for one state or event. It is here that whoever sees an end finds the handlers to
 * call, those that its own process does not have too. Its work is to offer the handler what ended before every process
 * knew of it.
 */
@Entity({ name: 'exdata_handler', synchronize: false })
export class ExdataHandler {
  /** Made of the four columns that follow, so that each process knows it without a look. */
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 36 })
  id!: string;

  @Column(modeColumn)
  mode!: ExdataMode;

  @Column({ name: 'subject', type: 'varchar', length: 16 })
  subject!: ExdataHandlerSubject;

  /** The handler's stable name. */
  @Column({ name: 'handler', type: 'varchar', length: 191 })
  handler!: string;

  /** The state of documents or the event of deliveries; `*` for all events. */
  @Column({ name: 'topic', type: 'varchar', length: 128 })
  topic!: string;

  /** Whether it is also called for bytes that had come before; for deliveries only. */
  @Column({ name: 'replays', type: 'boolean' })
  replays!: boolean;

  /** What ended, or came, since then is the handler's to be called for (epoch ms). */
  @Column({ name: 'from_at', type: 'bigint', transformer: wholeNumber })
  fromAt!: number;

  /** When a process first had it, or had it again after it was retired (epoch ms). */
  @Column({ name: 'registered_at', type: 'bigint', transformer: wholeNumber })
  registeredAt!: number;

  /** When a process that has it last said so (epoch ms). */
  @Column({ name: 'last_seen_at', type: 'bigint', transformer: wholeNumber })
  lastSeenAt!: number;

  /** When a person retired it (epoch ms): no run is opened for it any more. */
  @Column({ name: 'retired_at', type: 'bigint', nullable: true, transformer: wholeNumber })
  retiredAt!: number | null;

  /** When runs that wait for it were parked, since no process had it (epoch ms); null while none are. */
  @Column({ name: 'parked_at', type: 'bigint', nullable: true, transformer: wholeNumber })
  parkedAt!: number | null;

  /**
   * How far the look under way at what ended has come (epoch ms, and the id of the row there); null between two looks.
   */
  @Column({ name: 'place_at', type: 'bigint', nullable: true, transformer: wholeNumber })
  placeAt!: number | null;

  @Column({ name: 'place_id', type: 'varchar', length: 36, nullable: true })
  placeId!: string | null;

  @Column(() => Work, { prefix: false })
  work!: Work;
}
