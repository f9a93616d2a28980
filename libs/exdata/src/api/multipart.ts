import { AsyncLocalStorage } from 'node:async_hooks';
import { Readable } from 'node:stream';
import { types } from 'node:util';
import { AnnouncedFile } from './announced-file.js';
import { partsOf } from './document-upload.js';
import type { ExdataDocumentUpload } from './document-upload.js';
import type { OnProgress } from './progress.js';

/**
 * An upload in multipart/form-data (RFC 7578), framed by hand so that its length is known before the first byte. All
 * attempts of a call share the frame, so that exdata sees the same payload.
 */
export class MultipartForm {
  readonly contentType: string;
  /** In bytes. */
  readonly contentLength: number;
  readonly head: Buffer;
  readonly tail: Buffer;

  /**
   * @param boundary at most 70 characters of RFC 2046's alphabet; taken at random, so that no file holds it
   * @throws {ExdataRequestError} when the upload cannot be sent, naming the field
   */
  constructor(
    readonly upload: ExdataDocumentUpload,
    boundary: string,
  ) {
    this.head = Buffer.from(headOf(upload, boundary), 'utf8');
    this.tail = Buffer.from(`\r\n--${boundary}--\r\n`, 'utf8');
    this.contentType = `multipart/form-data; boundary=${boundary}`;
    this.contentLength = this.head.length + upload.file.size + this.tail.length;
  }
}

/**
 * The body of one upload attempt. One chunk is held at a time and the next one is read when the connection takes more,
 * so memory does not grow with the file.
 */
export class MultipartBody {
  readonly stream: Readable;
  /** Whether bytes have begun to leave. */
  started = false;
  /** What broke the body off from this side, undefined when nothing did. */
  fault: Error | undefined;
  readonly #form: MultipartForm;
  readonly #file: AnnouncedFile;
  readonly #report: () => void;
  #sent = 0;

  constructor(form: MultipartForm, onProgress?: OnProgress) {
    const { file } = form.upload;
    this.#form = form;
    this.#file = new AnnouncedFile(file);
    this.#report = (): void => onProgress?.(this.#sent, file.size);
    this.stream = Readable.from(inContextOfCaller(this.#frames()), { highWaterMark: 1 });
  }

  /** Lets go of the file, wherever the sending stands. */
  dispose(): void {
    this.stream.destroy();
    this.#file.close();
  }

  async *#frames(): AsyncGenerator<Uint8Array> {
    this.started = true;
    yield this.#form.head;
    let held: Uint8Array | undefined;
    for (
      let next = await this.#own(() => this.#file.next());
      next !== undefined;
      next = await this.#own(() => this.#file.next())
    ) {
      // One chunk stays behind until the file has proved right to its end, so that a wrong one never leaves whole.
      if (held !== undefined) yield* this.#taken(held);
      held = next;
    }
    if (held !== undefined) yield* this.#taken(held);
    yield this.#form.tail;
  }

  async *#taken(chunk: Uint8Array): AsyncGenerator<Uint8Array> {
    yield chunk;
    this.#sent += chunk.length;
    await this.#own(this.#report);
  }

  /** Keeps what goes wrong on this side apart from what the connection does to the stream. */
  async #own<T>(work: () => T | Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      this.fault = types.isNativeError(error)
        ? error
        : new Error('the upload was ended from this side', { cause: error });
      throw this.fault;
    }
  }
}

/**
 * A connection that an earlier caller opened asks for the next chunk in that caller's context; the file is this one's.
 */
function inContextOfCaller(frames: AsyncGenerator<Uint8Array>): AsyncIterableIterator<Uint8Array> {
  const inContext = AsyncLocalStorage.snapshot();
  return {
    next: () => inContext(() => frames.next()),
    return: () => inContext(() => frames.return(undefined)),
    [Symbol.asyncIterator]() {
      return this;
    },
  };
}

function headOf(upload: ExdataDocumentUpload, boundary: string): string {
  const { texts, file } = partsOf(upload);
  const parts = texts.map(
    ({ name, value }) => `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(name)}"\r\n\r\n${value}\r\n`,
  );
  return [
    ...parts,
    `--${boundary}\r\nContent-Disposition: form-data; name="${quoted(file.name)}"; filename="${quoted(file.filename)}"\r\n`,
    `Content-Type: ${file.contentType}\r\n\r\n`,
  ].join('');
}

/**
 * As browsers send names: UTF-8, with the three characters that could end the parameter percent-encoded (HTML standard,
 * multipart/form-data).
 */
function quoted(name: string): string {
  return name.replaceAll('\r', '%0D').replaceAll('\n', '%0A').replaceAll('"', '%22');
}
