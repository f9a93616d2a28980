import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ExdataMode } from './mode.js';
import { wholeNumber } from './work.columns.js';

/** The time that it last was in the processes of a mode. */
@Entity({ name: 'exdata_last_time', synchronize: false })
export class ExdataLastTime {
  /** The mode. */
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 8 })
  id!: ExdataMode;

  /** Epoch ms. */
  @Column({ name: 'at', type: 'bigint', transformer: wholeNumber })
  at!: number;
}
