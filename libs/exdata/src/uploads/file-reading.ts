import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { types } from 'node:util';
import { ExdataSpoolLimitError, ExdataSpoolSourceError } from './spool.js';
import type { ExdataSpooled } from './spool.js';

const headBytes = 64 * 1024;

/** Reads a file once and measures it on the way, one chunk in memory at a time. For spools, also those of a host. */
export class ExdataFileReading {
  readonly #hash = createHash('sha256');
  readonly #head: Buffer[] = [];
  #headBytes = 0;
  #size = 0;

  /** @param maxBytes after which the reading ends with an error */
  constructor(
    private readonly from: Readable,
    private readonly maxBytes: number,
  ) {}

  /**
   * The file's bytes, to be read once. However it ends, the stream is let go.
   * @throws {ExdataSpoolLimitError} before the first byte past the limit is given
   * @throws {ExdataSpoolSourceError} when the stream cannot be read to its end, or gives no bytes
   */
  async *chunks(): AsyncGenerator<Buffer> {
    try {
      for await (const bytes of this.#read()) {
        this.#size += bytes.length;
        if (this.#size > this.maxBytes) throw new ExdataSpoolLimitError(this.maxBytes);
        this.#hash.update(bytes);
        this.#keepHead(bytes);
        yield bytes;
      }
    } finally {
      this.from.destroy();
    }
  }

  /** What was read, once {@link chunks} has come to its end. */
  spooled(): ExdataSpooled {
    return { size: this.#size, sha256: this.#hash.digest('hex'), head: Buffer.concat(this.#head) };
  }

  async *#read(): AsyncGenerator<Buffer> {
    try {
      for await (const chunk of this.from as AsyncIterable<unknown>) {
        if (!types.isUint8Array(chunk))
          throw new TypeError(`gave ${typeof chunk} instead of bytes (does its stream have an encoding set?)`);
        yield Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
      }
    } catch (cause) {
      throw new ExdataSpoolSourceError('the stream could not be read to its end', { cause });
    }
  }

  #keepHead(bytes: Buffer): void {
    if (this.#headBytes >= headBytes) return;
    // A copy: the chunk's memory may be its stream's to use again.
    const part = Buffer.from(bytes.subarray(0, headBytes - this.#headBytes));
    this.#head.push(part);
    this.#headBytes += part.length;
  }
}
