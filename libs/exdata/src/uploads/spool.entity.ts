import { Column, Entity, PrimaryColumn } from 'typeorm';
import type { ValueTransformer } from 'typeorm';
import { wholeNumber } from '../dispatch/index.js';

/** Bytes as text: TypeORM has no column type for bytes that all databases know. */
const base64: ValueTransformer = {
  to: (bytes: Buffer | null) => bytes?.toString('base64') ?? null,
  from: (text: string | null) => (text === null ? null : Buffer.from(text, 'base64')),
};

/**
 * One file in the database spool; where bytes lie elsewhere, the note that this ledger is about to keep them. Chunks
 * after the first lie in `exdata_spool_chunk`, a table without an entity.
 */
@Entity({ name: 'exdata_spool', synchronize: false })
export class ExdataSpoolRow {
  @PrimaryColumn({ name: 'id', type: 'varchar', length: 36 })
  id!: string;

  /** How many chunks have been written; they are numbered from 0. -1 while they are being erased. */
  @Column({ name: 'chunks', type: 'int' })
  chunks!: number;

  /** When the last one was (epoch ms). */
  @Column({ name: 'written_at', type: 'bigint', transformer: wholeNumber })
  writtenAt!: number;

  /**
   * When the ledger row that needs the bytes was committed, which is when this was (epoch ms); null until then, and
   * while they are being erased.
   */
  @Column({ name: 'kept_at', type: 'bigint', nullable: true, transformer: wholeNumber })
  keptAt!: number | null;

  /** The first chunk; null where bytes lie elsewhere. Read only where it is asked for. */
  @Column({ name: 'first', type: 'text', nullable: true, select: false, transformer: base64 })
  first!: Buffer | null;
}
