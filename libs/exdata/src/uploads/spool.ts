import type { Readable } from 'node:stream';
import type { EntityManager } from 'typeorm';
import { token } from '../injection/index.js';

/** What was read of a file on its way into the spool. */
export interface ExdataSpooled {
  /** In bytes. */
  readonly size: number;
  /** Lower-case hex. */
  readonly sha256: string;
  /** The first bytes, up to 64 KiB: enough to tell the type by. */
  readonly head: Buffer;
}

/** Keeps the bytes of a document from `submit` until exdata has them, so that they outlive the process. */
export interface ExdataSpool {
  /** Whether every process that may send can open what any other has written. */
  readonly shared: boolean;
  /**
   * Stores the stream under `id`, durably, once it resolves; `ExdataFileReading` measures it on the way. Leaves nothing
   * behind when it rejects.
   * @throws {ExdataSpoolLimitError} past `maxBytes`
   * @throws {ExdataSpoolSourceError} when the stream cannot be read to its end
   */
  write(id: string, from: Readable, maxBytes: number): Promise<ExdataSpooled>;
  /**
   * Called inside the transaction that writes the ledger row: from its commit on the bytes are needed, until then they
   * are what a crash leaves behind. A transaction may be begun anew, so this may be called again for the same id: write
   * through the manager alone, and move nothing outside the database.
   */
  keep?(manager: EntityManager, id: string): Promise<void>;
  /** Opens the bytes anew. Where they are not there, the stream fails with an error whose `code` is `ENOENT`. */
  open(id: string): Readable;
  /**
   * Erases the bytes; those that are not there are erased already.
   * @param wasKept whether a committed row had needed them: then nothing is left of how they were written
   */
  erase(id: string, wasKept?: boolean): Promise<void>;
  /**
   * Whether it can be written, for readiness: rejects when it cannot. Called every few seconds at most; a spool without
   * it is taken for sound.
   */
  check?(): Promise<void>;
  /**
   * Erases what crashes left behind, if older than an hour: writes that were broken off, and ids of which `isOver` says
   * that their bytes are needed no more. What it does not know may be another ledger's, and stays.
   */
  clean(isOver: (id: string) => Promise<boolean>): Promise<void>;
}

/** The stream had more bytes than may be sent. */
export class ExdataSpoolLimitError extends Error {
  override readonly name = 'ExdataSpoolLimitError';

  /** @param maxBytes the limit, in bytes */
  constructor(readonly maxBytes: number) {
    super(`more than ${String(maxBytes)} bytes`);
  }
}

/** The stream could not be read to its end; the spool itself is sound. */
export class ExdataSpoolSourceError extends Error {
  override readonly name = 'ExdataSpoolSourceError';
}

/** How old what a crash left behind must be before it is erased, in milliseconds: it may be another process's work. */
export const orphanAgeMs = 3_600_000;

/** What a host is told whose dispatcher is shared and whose spool is not. */
export const unsharedSpool =
  "the bytes of a document may be sent by another process than the one that took them in, but the spool is this process's own. Set upload.spool to 'database', " +
  'or upload.spoolShared to true where upload.spoolDirectory lies on a volume that all of them share, or bind an ExdataSpool of your own to EXDATA_SPOOL';

/** Bind a {@link ExdataSpool} of your own to this token, in `providers` of the module, to keep the bytes elsewhere. */
export const EXDATA_SPOOL = token<ExdataSpool>('spool');
