import { Injectable, Optional } from '@nestjs/common';
import { addAbortSignal } from 'node:stream';
import type { Readable } from 'node:stream';
import type { EntityManager } from 'typeorm';
import { cleanFileName, endingOf, ExdataError } from '../api/index.js';
import type { ExdataLink, ExdataSource } from '../documents/index.js';
import { streamOf } from './byte-stream.js';
import { DatabaseSpool } from './database-spool.js';
import { ExdataFileError, ExdataSpoolError } from './errors.js';
import { EXDATA_FILE_READER } from './file-reader.js';
import type { ExdataFileReader } from './file-reader.js';
import { ExdataFileReading } from './file-reading.js';
import { fileTypeOf } from './file-type.js';
import type { FileType } from './file-type.js';
import type { ExdataSpool, ExdataSpooled } from './spool.js';
import { systemCodeOf } from './spool-fault.js';
import { EXDATA_SPOOL, ExdataSpoolLimitError, ExdataSpoolSourceError } from './spool.js';
import { isAllowed, nameFits } from './type-rules.js';
import { dropFile, isReference, nameOf, openFile } from './upload-file.js';
import { checkInput } from './upload-input.js';
import type { ExdataSubmit } from './upload-input.js';
import { EXDATA_UPLOAD } from '../config/index.js';
import { Inject } from '../injection/index.js';

export interface IntakeRules {
  /** The most that may be sent, in bytes. */
  readonly maxBytes: number;
  /** Families and media types. */
  readonly allowedTypes: readonly string[];
  readonly nameMismatch: 'refuse' | 'ignore';
}

/** A file that was read once and found fit to be sent; its columns in the ledger. */
export interface TakenFile {
  /** Null when the bytes stay where the reference points. */
  readonly spoolId: string | null;
  readonly reference: string | null;
  readonly size: number;
  readonly sha256: string;
  readonly filename: string;
  readonly contentType: string;
}

/** Reads and checks what is submitted, before anything of it is sent or counts. */
@Injectable()
export class UploadIntake {
  constructor(
    @Inject(EXDATA_SPOOL) private readonly spool: ExdataSpool,
    @Optional() @Inject(EXDATA_FILE_READER) private readonly reader: ExdataFileReader | null = null,
    @Inject(EXDATA_UPLOAD) private readonly rules: IntakeRules,
  ) {}

  /**
   * Reads the file once: into the spool under `id`, or, where it is a reference, past its checks only. What fails them
   * is erased.
   * @throws {ExdataInputError} a field that cannot be sent
   * @throws {ExdataFileError} a file that cannot be sent
   * @throws {ExdataSpoolError} the spool cannot take it
   */
  async take(id: string, input: ExdataSubmit): Promise<TakenFile> {
    const { file } = input;
    try {
      checkInput(input);
    } catch (error) {
      dropFile(file);
      throw error;
    }
    const reference = isReference(file) ? file.reference : null;
    const spoolId = reference === null ? id : null;
    const spooled = await this.#read(spoolId, input);
    try {
      const type = this.#check(spooled, input);
      const { mime } = type;
      const filename = nameFor(type, input.filename ?? nameOf(file) ?? '');
      return { spoolId, reference, size: spooled.size, sha256: spooled.sha256, filename, contentType: mime };
    } catch (error) {
      await this.drop({ spoolId });
      throw error;
    }
  }

  /**
   * The name for bytes that were taken before, as it is sent.
   * @throws {ExdataFileError} where it belies them
   */
  rename({ sourceType, sourceId, contentType: mime, filename: before }: ExdataLink, filename: string): string {
    const type = { mime, extension: endingOf(before) };
    this.#checkName(type, filename, { type: sourceType, id: sourceId });
    return nameFor(type, filename);
  }

  /** Keeps the bytes with the ledger row that is written in this transaction. */
  async keep(manager: EntityManager, { spoolId }: TakenFile): Promise<void> {
    if (spoolId !== null) await this.spool.keep?.(manager, spoolId);
  }

  /** Erases what no ledger row came to need. What cannot be erased now is cleaned up in an hour. */
  async drop({ spoolId }: Pick<TakenFile, 'spoolId'>): Promise<void> {
    if (spoolId !== null) await this.spool.erase(spoolId).catch(() => undefined);
  }

  /** Leaves the bytes to the ledger row, which may have been committed: without it nobody holds them. */
  leave({ spoolId }: Pick<TakenFile, 'spoolId'>): void {
    if (spoolId !== null && this.spool instanceof DatabaseSpool) this.spool.release(spoolId);
  }

  async #read(spoolId: string | null, { file, source, signal }: ExdataSubmit): Promise<ExdataSpooled> {
    const ended = new AbortController();
    // What the file failed with; a spool that fails ends the stream with its own fault.
    let fault: { readonly error: unknown } | undefined;
    try {
      const wanted = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
      const stream = streamOf(await this.#open(file, wanted, source), (error) => (fault ??= { error }));
      // Keeps a stream that fails before its turn from ending the process.
      stream.on('error', () => undefined);
      if (signal) addAbortSignal(signal, stream);
      return await (spoolId === null ? this.#measure(stream) : this.spool.write(spoolId, stream, this.rules.maxBytes));
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof ExdataSpoolLimitError) {
        const message = `the file has more than ${this.rules.maxBytes} bytes, the limit for an upload (upload.maxBytes)`;
        throw new ExdataFileError('file_too_large', message, source);
      }
      if (fault !== undefined) throw unreadable(source, fault.error);
      if (error instanceof ExdataSpoolSourceError) throw unreadable(source, error);
      throw error instanceof ExdataError ? error.withContext({ source }) : new ExdataSpoolError(source, error);
    } finally {
      ended.abort();
    }
  }

  async #open(file: ExdataSubmit['file'], signal: AbortSignal, source: ExdataSubmit['source']): Promise<Readable> {
    try {
      return await openFile(file, this.reader, signal);
    } catch (error) {
      throw error instanceof ExdataError ? error : unreadable(source, error);
    }
  }

  async #measure(stream: Readable): Promise<ExdataSpooled> {
    const reading = new ExdataFileReading(stream, this.rules.maxBytes);
    const chunks = reading.chunks();
    while ((await chunks.next()).done !== true);
    return reading.spooled();
  }

  #check({ size, head }: ExdataSpooled, { file, filename, source }: ExdataSubmit): FileType {
    if (size === 0) throw new ExdataFileError('file_empty', 'the file is empty (0 bytes)', source);
    const ending = endingOf(cleanFileName(filename ?? nameOf(file) ?? ''));
    const type = fileTypeOf(head, ending);
    if (!type || !isAllowed(type, this.rules.allowedTypes)) {
      const message = `the file is ${type?.mime ?? 'of no type that can be told'} by its content; allowed are: ${this.rules.allowedTypes.join(', ')} (upload.allowedTypes)`;
      throw new ExdataFileError('file_type', message, source);
    }
    this.#checkName(type, filename ?? nameOf(file) ?? '', source);
    return type;
  }

  #checkName(type: FileType, name: string, source: ExdataSource): void {
    const ending = endingOf(cleanFileName(name));
    if (this.rules.nameMismatch === 'ignore' || nameFits(type, ending)) return;
    const message = `the file is ${type.mime} by its content, its name says .${ending}: name it .${type.extension}, or set upload.nameMismatch to 'ignore'`;
    throw new ExdataFileError('file_name_mismatch', message, source);
  }
}

/** The name as it is sent; where nothing is left of it, the type gives its ending. */
function nameFor({ extension }: FileType, name: string): string {
  const cleaned = cleanFileName(name);
  return cleaned === cleanFileName('') && extension !== '' ? `${cleaned}.${extension}` : cleaned;
}

function unreadable(source: ExdataSubmit['source'], cause: unknown): ExdataFileError {
  const code = systemCodeOf(cause);
  const message = `the file could not be read to its end${code === undefined ? '' : ` (${code})`}; nothing of it was kept`;
  return new ExdataFileError('file_unreadable', message, source, cause);
}
