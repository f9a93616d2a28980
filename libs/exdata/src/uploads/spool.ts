import type { Readable } from 'node:stream';

/** What was read of a file on its way into the spool. */
export interface Spooled {
  /** In bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** The first bytes, enough to tell the type by. */
  readonly head: Buffer;
}

/** Keeps the bytes of a document from `submit` until exdata has them, so that they outlive the process. */
export interface Spool {
  /** Stores the stream under `id`, durably, once it resolves. Ends early with {@link SpoolLimitError} past `maxBytes`. */
  write(id: string, from: Readable, maxBytes: number): Promise<Spooled>;
  /** Opens the bytes anew. */
  open(id: string): Readable;
  /** Erases the bytes; those that are not there are erased already. */
  erase(id: string): Promise<void>;
  /** Erases what crashes left behind, if older than an hour: writes that were broken off, and ids of which `isOver` says that their bytes are needed no more. What it does not know may be another ledger's, and stays. */
  clean(isOver: (id: string) => Promise<boolean>): Promise<void>;
}

/** The stream had more bytes than may be sent. */
export class SpoolLimitError extends Error {
  override readonly name = 'SpoolLimitError';
}

/** Bind a provider to this token to replace the directory {@link Spool}. */
export const EXDATA_SPOOL = Symbol.for('nestjs-exdata:spool');
