import type { Clock } from '../dispatch/index.js';
import type { ExdataDocument } from '../documents/index.js';
import type { ExdataEvents, UploadProgress } from './events.js';

const everyMs = 250;
/** Callbacks of documents that other processes come to send are never called: the oldest give way. */
const mostWatched = 1_000;

/** Reports how far uploads have come, at a measured pace: as events, and to whoever submitted the document in this process. */
export class ProgressReports {
  readonly #watchers = new Map<string, (progress: UploadProgress) => void>();

  constructor(
    private readonly events: ExdataEvents,
    private readonly clock: Clock,
  ) {}

  /** Calls back for attempts to send this row, until {@link forget}. */
  watch(rowId: string, callback: (progress: UploadProgress) => void): void {
    this.#watchers.set(rowId, callback);
    const [oldest] = this.#watchers.keys();
    if (this.#watchers.size > mostWatched && oldest !== undefined) this.#watchers.delete(oldest);
  }

  forget(rowId: string): void {
    this.#watchers.delete(rowId);
  }

  /** What an attempt to send the row is to report to. */
  of(row: ExdataDocument): (sentBytes: number, totalBytes: number) => void {
    const { account, sourceType, sourceId, generation } = row;
    let nextAt = -Infinity;
    return (sentBytes, totalBytes) => {
      const now = this.clock.now();
      if (now < nextAt && sentBytes < totalBytes) return;
      nextAt = now + everyMs;
      const progress: UploadProgress = { account, source: { type: sourceType, id: sourceId }, generation, sentBytes, totalBytes };
      this.events.emit('upload.progress', progress);
      const watcher = this.#watchers.get(row.id);
      if (watcher) this.events.tell('upload.progress', watcher, progress);
    };
  }
}
