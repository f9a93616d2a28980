import { addAbortSignal } from 'node:stream';
import type { Readable } from 'node:stream';
import type { EntityManager } from 'typeorm';
import { cleanFileName, endingOf, ExdataError } from '../api/index.js';
import type { ExdataDocument, ExdataSource } from '../documents/index.js';
import { ExdataFileError, ExdataSpoolError } from './errors.js';
import type { ExdataFileReader } from './file-reader.js';
import { FileReading } from './file-reading.js';
import { fileTypeOf } from './file-type.js';
import type { FileType } from './file-type.js';
import type { Spool, Spooled } from './spool.js';
import { SpoolLimitError, SpoolSourceError } from './spool.js';
import { isAllowed, nameFits } from './type-rules.js';
import { dropFile, isReference, nameOf, openFile } from './upload-file.js';
import { checkInput } from './upload-input.js';
import type { ExdataSubmit } from './upload-input.js';

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
export class UploadIntake {
  constructor(
    private readonly spool: Spool,
    private readonly reader: ExdataFileReader | null,
    private readonly rules: IntakeRules,
  ) {}

  /**
   * Reads the file once: into the spool under `id`, or, where it is a reference, past its checks only. What fails them is erased.
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
      if (spoolId !== null) await this.spool.erase(spoolId);
      throw error;
    }
  }

  /**
   * The name for bytes that were taken before, as it is sent.
   * @throws {ExdataFileError} where it belies them
   */
  rename({ sourceType, sourceId, contentType: mime, filename: before }: ExdataDocument, filename: string): string {
    const type = { mime, extension: endingOf(before) };
    this.#checkName(type, filename, { type: sourceType, id: sourceId });
    return nameFor(type, filename);
  }

  /** Keeps the bytes with the ledger row that is written in this transaction. */
  async keep(manager: EntityManager, { spoolId }: TakenFile): Promise<void> {
    if (spoolId !== null) await this.spool.keep?.(manager, spoolId);
  }

  /** Erases what no ledger row came to need. */
  async drop({ spoolId }: TakenFile): Promise<void> {
    if (spoolId !== null) await this.spool.erase(spoolId);
  }

  async #read(spoolId: string | null, { file, source, signal }: ExdataSubmit): Promise<Spooled> {
    const ended = new AbortController();
    let fault: unknown;
    try {
      const wanted = signal ? AbortSignal.any([signal, ended.signal]) : ended.signal;
      const stream = await this.#open(file, wanted, source);
      // Also keeps a stream that fails before its turn from ending the process.
      stream.on('error', (error) => (fault = error));
      if (signal) addAbortSignal(signal, stream);
      return await (spoolId === null ? this.#measure(stream) : this.spool.write(spoolId, stream, this.rules.maxBytes));
    } catch (error) {
      signal?.throwIfAborted();
      if (error instanceof SpoolLimitError) {
        const message = `the file has more than ${this.rules.maxBytes} bytes, the limit for an upload (upload.maxBytes)`;
        throw new ExdataFileError('file_too_large', message, source);
      }
      if (error instanceof SpoolSourceError || fault !== undefined) throw unreadable(source, fault ?? error);
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

  async #measure(stream: Readable): Promise<Spooled> {
    const reading = new FileReading(stream, this.rules.maxBytes);
    const chunks = reading.chunks();
    while ((await chunks.next()).done !== true);
    return reading.spooled();
  }

  #check({ size, head }: Spooled, { file, filename, source }: ExdataSubmit): FileType {
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
  return new ExdataFileError('file_unreadable', 'the file could not be read to its end; nothing of it was kept', source, cause);
}
