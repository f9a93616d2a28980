import { Column, Entity, PrimaryColumn } from 'typeorm';
import { wholeNumber } from '../dispatch/index.js';

/**
 * One file in the database spool; where bytes lie elsewhere, the note that this ledger is about to keep them. Its bytes lie in `exdata_spool_chunk`, a table without an entity: TypeORM has no column type for bytes
 * that all databases know.
 */
@Entity({ name: 'exdata_spool' })
export class ExdataSpool {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 36 })
  id!: string;

  /** How many chunks have been written; they are numbered from 0. -1 while they are being erased. */
  @Column({ name: 'chunks', type: 'int' })
  chunks!: number;

  /** When the last one was (epoch ms). */
  @Column({ name: 'written_at', type: 'bigint', transformer: wholeNumber })
  writtenAt!: number;

  /** When the ledger row that needs the bytes was committed, which is when this was (epoch ms); null until then, and while they are being erased. */
  @Column({ name: 'kept_at', type: 'bigint', nullable: true, transformer: wholeNumber })
  keptAt!: number | null;
}
