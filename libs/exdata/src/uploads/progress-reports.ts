import { Injectable } from '@nestjs/common';
import { AsyncResource } from 'node:async_hooks';
import { EXDATA_CLOCK } from '../dispatch/index.js';
import type { ExdataClock } from '../dispatch/index.js';
import type { ExdataLink } from '../documents/index.js';
import type { ExdataUploadProgress } from './events.js';
import { ExdataEvents } from './events.js';
import { Inject } from '../injection/index.js';

const everyMs = 250;
/** Callbacks of documents that other processes come to send are never called: the oldest give way. */
const mostWatched = 1_000;

/**
 * Reports how far uploads have come, at a measured pace: as events, and to whoever submitted the document in this
 * process.
 */
@Injectable()
export class ProgressReports {
  readonly #watchers = new Map<string, (progress: ExdataUploadProgress) => void>();

  constructor(
    @Inject(ExdataEvents) private readonly events: ExdataEvents,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
  ) {}

  /** Calls back for attempts to send this row, until {@link forget}. */
  watch(rowId: string, callback: (progress: ExdataUploadProgress) => void): void {
    // The callback is whoever submitted's, and so is the context that it is called in.
    this.#watchers.set(rowId, AsyncResource.bind(callback));
    const [oldest] = this.#watchers.keys();
    if (this.#watchers.size > mostWatched && oldest !== undefined) this.#watchers.delete(oldest);
  }

  forget(rowId: string): void {
    this.#watchers.delete(rowId);
  }

  /** What an attempt to send the row is to report to. */
  of(row: ExdataLink): (sentBytes: number, totalBytes: number) => void {
    const { account, sourceType, sourceId, generation } = row;
    let nextAt = -Infinity;
    return (sentBytes, totalBytes) => {
      const now = this.clock.now();
      if (now < nextAt && sentBytes < totalBytes) return;
      nextAt = now + everyMs;
      const progress: ExdataUploadProgress = {
        account,
        source: { type: sourceType, id: sourceId },
        generation,
        sentBytes,
        totalBytes,
      };
      this.events.emit('upload.progress', progress);
      const watcher = this.#watchers.get(row.id);
      if (watcher) this.events.tell('upload.progress', watcher, progress);
    };
  }
}
