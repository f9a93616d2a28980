import { Injectable, Optional } from '@nestjs/common';
import { PassThrough, pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { types } from 'node:util';
import { MoreThan } from 'typeorm';
import type { ExdataDocumentUpload, ExdataError } from '../api/index.js';
import { ExdataTransactions } from '../dispatch/index.js';
import { ExdataLink, keyOf } from '../documents/index.js';
import type { ExdataDocumentState } from '../documents/index.js';
import { SpoolReadError } from './errors.js';
import { EXDATA_FILE_READER } from './file-reader.js';
import type { ExdataFileReader } from './file-reader.js';
import { ProgressReports } from './progress-reports.js';
import { EXDATA_SPOOL } from './spool.js';
import type { ExdataSpool } from './spool.js';
import { openFile } from './upload-file.js';
import { Inject } from '../injection/index.js';

/** States in which the bytes may be sent by themselves. */
const onTheWay: readonly ExdataDocumentState[] = ['queued', 'uploading', 'unconfirmed'];
/** States after which a person may want to send them anew. */
const inHand: readonly ExdataDocumentState[] = ['failed', 'blocked'];

/**
 * The bytes of documents in the ledger: the one place where they are opened for sending, and erased when no row needs
 * them.
 */
@Injectable()
export class DocumentBytes {
  constructor(
    @Inject(EXDATA_SPOOL) private readonly spool: ExdataSpool,
    @Optional() @Inject(EXDATA_FILE_READER) private readonly reader: ExdataFileReader | null = null,
    @Inject(ExdataTransactions) private readonly transactions: ExdataTransactions,
    @Inject(ProgressReports) private readonly progress: ProgressReports,
  ) {}

  /** The row's file for one attempt, held to the length and the digest of the ledger. */
  fileOf(row: ExdataLink, signal: AbortSignal): ExdataDocumentUpload['file'] {
    return { open: () => this.#open(row, signal), size: row.size, sha256: row.sha256 };
  }

  /** What the attempt reports its progress to. */
  progressOf(row: ExdataLink): (sentBytes: number, totalBytes: number) => void {
    return this.progress.of(row);
  }

  /** What the row's attempt failed with, in words of the spool where that did not give its bytes. */
  async toldOf({ id, spoolId }: ExdataLink, error: ExdataError): Promise<ExdataError> {
    if (spoolId === null || error.code !== 'file_unreadable') return error;
    // Erased once exdata had them under another generation.
    const wereErased = (await this.#sharing(spoolId)).some((row) => row.id !== id && row.exdataId !== null);
    return new SpoolReadError(error.cause, !wereErased);
  }

  /** Erases the bytes of a row that has come to its end, unless a row that shares them needs them still. */
  async release({ id, spoolId }: ExdataLink): Promise<void> {
    this.progress.forget(id);
    if (spoolId === null) return;
    const rows = await this.#sharing(spoolId);
    if (!(await this.#isNeeded(rows))) await this.spool.erase(spoolId, true);
  }

  /**
   * As {@link release}, of a row that exdata has just taken: a first generation was in nobody else's hands until then,
   * so that no other row can need its bytes.
   */
  async releaseTaken(row: ExdataLink): Promise<void> {
    const { id, spoolId, generation, state } = row;
    if (spoolId === null || generation > 1 || onTheWay.includes(state) || inHand.includes(state))
      return this.release(row);
    this.progress.forget(id);
    await this.spool.erase(spoolId, true);
  }

  /** Whether the spool still has the bytes of a row that has ended. A reference is the host's to keep. */
  async areKept({ spoolId }: ExdataLink): Promise<boolean> {
    if (spoolId === null) return true;
    const stream = this.spool.open(spoolId);
    try {
      return (await stream[Symbol.asyncIterator]().next()).done !== true;
    } catch (error) {
      if (types.isNativeError(error) && 'code' in error && error.code === 'ENOENT') return false;
      throw error;
    } finally {
      stream.destroy();
    }
  }

  /** Erases what crashes left in the spool. */
  async clean(): Promise<void> {
    await this.spool.clean(async (spoolId) => {
      const rows = await this.#sharing(spoolId);
      return rows.length > 0 && !(await this.#isNeeded(rows));
    });
  }

  /**
   * The rows that have their bytes under the id, the latest generation first; of whichever mode, since the spool is
   * one.
   */
  #sharing(spoolId: string): Promise<ExdataLink[]> {
    return this.transactions.once((manager) =>
      manager.find(ExdataLink, { where: { spoolId }, order: { generation: 'DESC' } }),
    );
  }

  /** A generation that was given up needs its bytes only as long as it is the source's last one. */
  async #isNeeded(rows: readonly ExdataLink[]): Promise<boolean> {
    if (rows.some(({ state }) => onTheWay.includes(state))) return true;
    const [latest] = rows;
    if (latest?.erasedAt !== null || !inHand.includes(latest.state)) return false;
    const { sourceType, sourceId, generation } = latest;
    const later = { ...keyOf(latest), sourceType, sourceId, generation: MoreThan(generation) };
    return !(await this.transactions.once((manager) => manager.existsBy(ExdataLink, later)));
  }

  #open({ spoolId, reference }: ExdataLink, signal: AbortSignal): Readable {
    if (spoolId !== null) return this.spool.open(spoolId);
    if (reference === null) throw new Error('the row names neither a spool id nor a reference');
    return this.#openLate(reference, signal);
  }

  #openLate(reference: string, signal: AbortSignal): Readable {
    const through = new PassThrough({ highWaterMark: 256 * 1024 });
    const closed = new AbortController();
    through.once('close', () => closed.abort());
    const opening = async (): Promise<void> => {
      const stream = await openFile({ reference }, this.reader, AbortSignal.any([signal, closed.signal]));
      if (through.destroyed) stream.destroy();
      // What goes wrong with either end is told by `through`.
      else pipeline(stream, through, () => undefined);
    };
    opening().catch((cause: unknown) =>
      through.destroy(new Error('the file reader could not open the reference', { cause })),
    );
    return through;
  }
}
