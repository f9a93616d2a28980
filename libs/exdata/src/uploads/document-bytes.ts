import { PassThrough, pipeline } from 'node:stream';
import type { Readable } from 'node:stream';
import { types } from 'node:util';
import { MoreThan } from 'typeorm';
import type { EntityManager } from 'typeorm';
import type { DocumentUpload } from '../api/index.js';
import type { ExdataTransactions } from '../dispatch/index.js';
import { ExdataDocument } from '../documents/index.js';
import type { DocumentState } from '../documents/index.js';
import type { ExdataFileReader } from './file-reader.js';
import type { ProgressReports } from './progress-reports.js';
import type { Spool } from './spool.js';
import { openFile } from './upload-file.js';

/** States in which the bytes may be sent by themselves. */
const onTheWay: readonly DocumentState[] = ['queued', 'uploading', 'unconfirmed'];
/** States after which a person may want to send them anew. */
const inHand: readonly DocumentState[] = ['failed', 'blocked'];

/** The bytes of documents in the ledger: the one place where they are opened for sending, and erased when no row needs them. */
export class DocumentBytes {
  constructor(
    private readonly spool: Spool,
    private readonly reader: ExdataFileReader | null,
    private readonly transactions: ExdataTransactions,
    private readonly progress: ProgressReports,
  ) {}

  /** The row's file for one attempt, held to the length and the digest of the ledger. */
  fileOf(row: ExdataDocument, signal: AbortSignal): DocumentUpload['file'] {
    return { open: () => this.#open(row, signal), size: row.size, sha256: row.sha256 };
  }

  /** What the attempt reports its progress to. */
  progressOf(row: ExdataDocument): (sentBytes: number, totalBytes: number) => void {
    return this.progress.of(row);
  }

  /** Erases the bytes of a row that has come to its end, unless a row that shares them needs them still. */
  async release({ id, spoolId }: ExdataDocument): Promise<void> {
    this.progress.forget(id);
    if (spoolId === null) return;
    const needed = await this.transactions.run(async (manager) => isNeeded(manager, await sharing(manager, spoolId)));
    if (!needed) await this.spool.erase(spoolId);
  }

  /** Whether the spool still has the bytes of a row that has ended. A reference is the host's to keep. */
  async areKept({ spoolId }: ExdataDocument): Promise<boolean> {
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
    await this.spool.clean((spoolId) =>
      this.transactions.run(async (manager) => {
        const rows = await sharing(manager, spoolId);
        return rows.length > 0 && !(await isNeeded(manager, rows));
      }),
    );
  }

  #open({ spoolId, reference }: ExdataDocument, signal: AbortSignal): Readable {
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
    opening().catch((cause: unknown) => through.destroy(new Error('the file reader could not open the reference', { cause })));
    return through;
  }
}

/** The rows that have their bytes under the id, the latest generation first. */
function sharing(manager: EntityManager, spoolId: string): Promise<ExdataDocument[]> {
  return manager.find(ExdataDocument, { where: { spoolId }, order: { generation: 'DESC' } });
}

/** A generation that was given up needs its bytes only as long as it is the source's last one. */
async function isNeeded(manager: EntityManager, rows: readonly ExdataDocument[]): Promise<boolean> {
  if (rows.some(({ state }) => onTheWay.includes(state))) return true;
  const [latest] = rows;
  if (latest?.erasedAt !== null || !inHand.includes(latest.state)) return false;
  const { account, sourceType, sourceId, generation } = latest;
  return !(await manager.existsBy(ExdataDocument, { account, sourceType, sourceId, generation: MoreThan(generation) }));
}
