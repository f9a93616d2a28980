import { Readable } from 'node:stream';
import { ReadableStream } from 'node:stream/web';

/**
 * A stream over chunks from elsewhere that ends at once when it is let go. `Readable.from`, like a stream that is read
 * as an iterable, waits for its source to give its next chunk first, which one that stalls never does.
 * @param onFault told when the source fails, and never of what whoever reads the stream ends it with
 */
export function streamOf(
  source: Readable | AsyncIterable<unknown>,
  onFault: (error: unknown) => void = () => undefined,
): Readable {
  const chunks = chunksOf(source);
  return new Readable({
    objectMode: true,
    highWaterMark: 1,
    read() {
      chunks
        .next()
        .then(({ done, value }) => {
          if (done === true) this.push(null);
          else if (value === null || value === undefined) throw new TypeError(`gave ${String(value)} instead of bytes`);
          else this.push(value);
        })
        .catch((error: unknown) => {
          // Let go, the source ends with an error too.
          if (this.destroyed) return;
          onFault(error);
          this.destroy(error instanceof Error ? error : new Error('the source failed', { cause: error }));
        });
    },
    destroy(error, done) {
      chunks.letGo();
      done(error);
    },
  });
}

interface Chunks {
  next(): Promise<{ readonly done?: boolean | undefined; readonly value?: unknown }>;
  letGo(): void;
}

function chunksOf(source: Readable | AsyncIterable<unknown>): Chunks {
  if (source instanceof ReadableStream) {
    const reader = source.getReader();
    return { next: () => reader.read(), letGo: () => void reader.cancel().catch(() => undefined) };
  }
  // Also keeps a stream that fails before its turn from ending the process.
  if (source instanceof Readable) source.on('error', () => undefined);
  const iterator = (source as AsyncIterable<unknown>)[Symbol.asyncIterator]();
  return {
    next: async () => iterator.next(),
    letGo: () => {
      if (source instanceof Readable) source.destroy();
      else void Promise.resolve(iterator.return?.()).catch(() => undefined);
    },
  };
}

/** Ends with the signal's reason where that is aborted first; a stream that comes late is let go. */
export function unlessAborted(opening: Promise<Readable>, signal: AbortSignal): Promise<Readable> {
  return new Promise((resolve, reject) => {
    const end = (): void => reject(signal.reason as Error);
    signal.addEventListener('abort', end, { once: true });
    if (signal.aborted) end();
    opening
      .then((stream) => {
        if (signal.aborted) stream.destroy();
        resolve(stream);
      }, reject)
      .finally(() => signal.removeEventListener('abort', end));
  });
}
