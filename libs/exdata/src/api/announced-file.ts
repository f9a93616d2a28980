import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { types } from 'node:util';
import { ExdataUploadStreamError } from './errors.js';

/** Bytes that were announced by their number, and by their digest if wanted. */
export interface UploadFile {
  /** Opens the bytes anew for each attempt; called once the connection stands. */
  open(): Readable | AsyncIterable<Uint8Array>;
  /** In bytes. */
  readonly size: number;
  /** Lower-case hex; other bytes are not sent to their end. */
  readonly sha256?: string;
}

/** One reading of a file that ends well only if the bytes are the announced ones. */
export class AnnouncedFile {
  readonly #file: UploadFile;
  readonly #hash = createHash('sha256');
  #read = 0;
  #opened: { source: AsyncIterable<unknown>; iterator: AsyncIterator<unknown> } | undefined;

  constructor(file: UploadFile) {
    this.#file = file;
  }

  /**
   * The next bytes, undefined once all have been read and found right.
   * @throws {ExdataUploadStreamError} when they are too few, too many, others than announced, or cannot be read
   */
  async next(): Promise<Uint8Array | undefined> {
    const chunk = await this.#take();
    if (chunk === undefined) {
      this.#checkEnd();
      return undefined;
    }
    this.#read += chunk.length;
    const { size, sha256 } = this.#file;
    if (this.#read > size)
      throw new ExdataUploadStreamError(
        'file_too_long',
        `has more than the announced ${size} bytes; nothing of it counts`,
      );
    if (sha256 !== undefined) this.#hash.update(chunk);
    return chunk;
  }

  /** Lets go of the source, wherever the reading stands. */
  close(): void {
    const { source, iterator } = this.#opened ?? {};
    if (source instanceof Readable) source.destroy();
    // An iterator that is waiting for its next bytes answers late or never; no one waits for it.
    else void iterator?.return?.().catch(() => undefined);
  }

  async #take(): Promise<Uint8Array | undefined> {
    let chunk: unknown;
    try {
      this.#opened ??= open(this.#file);
      const next = await this.#opened.iterator.next();
      if (next.done === true) return undefined;
      chunk = next.value;
    } catch (cause) {
      throw new ExdataUploadStreamError('file_unreadable', 'could not be read to its end', cause);
    }
    if (types.isUint8Array(chunk)) return chunk;
    throw new ExdataUploadStreamError(
      'file_unreadable',
      `gave ${typeof chunk} instead of bytes (does its stream have an encoding set?)`,
    );
  }

  #checkEnd(): void {
    const { size, sha256 } = this.#file;
    if (this.#read < size)
      throw new ExdataUploadStreamError('file_too_short', `ended after ${this.#read} of the announced ${size} bytes`);
    if (sha256 !== undefined && this.#hash.digest('hex') !== sha256) {
      throw new ExdataUploadStreamError('file_digest_mismatch', 'has other bytes than those of the announced SHA-256');
    }
  }
}

function open(file: UploadFile): { source: AsyncIterable<unknown>; iterator: AsyncIterator<unknown> } {
  const source: AsyncIterable<unknown> = file.open();
  // A stream may still fail after it was let go; whoever waited has been told by then.
  if (source instanceof Readable) source.on('error', () => undefined);
  return { source, iterator: source[Symbol.asyncIterator]() };
}
