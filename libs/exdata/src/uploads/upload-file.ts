import { createReadStream } from 'node:fs';
import path from 'node:path';
import { Readable } from 'node:stream';
import { types } from 'node:util';
import { ExdataConfigurationError } from '../api/index.js';
import { ExdataInputError } from '../documents/index.js';
import { streamOf, unlessAborted } from './byte-stream.js';
import type { ExdataFileReader, FileReference } from './file-reader.js';

/**
 * The bytes to send: a path, bytes in memory, a Blob, a stream, a function that opens one, or a reference that the
 * host's file reader opens. All but the reference are read once, into the spool, which serves every attempt.
 */
export type ExdataUploadFile =
  string | Uint8Array | Blob | ExdataByteStream | (() => ExdataByteStream | Promise<ExdataByteStream>) | FileReference;

/** A stream of bytes; one of the web, such as the body of a `Response`, is an async iterable too. */
export type ExdataByteStream = Readable | AsyncIterable<Uint8Array>;

/**
 * Opens the file for its one reading, unless the signal is aborted first. What it gives ends at once when it is
 * destroyed.
 * @throws {ExdataInputError} when it is nothing that can be opened
 * @throws {ExdataConfigurationError} when it is a reference and there is no reader
 */
export function openFile(
  file: ExdataUploadFile,
  reader: ExdataFileReader | null,
  signal: AbortSignal,
): Promise<Readable> {
  return unlessAborted(open(file, reader, signal), signal);
}

async function open(file: ExdataUploadFile, reader: ExdataFileReader | null, signal: AbortSignal): Promise<Readable> {
  if (typeof file === 'string') return createReadStream(file, { highWaterMark: 256 * 1024 });
  if (file instanceof Blob) return Readable.from(blobChunks(file));
  if (types.isUint8Array(file)) return Readable.from([file]);
  if (typeof file === 'function') return readableOf(await file());
  if (isReference(file)) return readableOf(await readerOf(reader).open(referenceOf(file), { signal }));
  return readableOf(file);
}

function readableOf(stream: unknown): Readable {
  if (isIterable(stream)) return streamOf(stream);
  throw new ExdataInputError(
    'file',
    'must be a path, bytes, a Blob, a stream, a function that opens a stream, or { reference }',
  );
}

function isIterable(value: unknown): value is AsyncIterable<unknown> {
  return typeof value === 'object' && value !== null && Symbol.asyncIterator in value;
}

export function isReference(file: ExdataUploadFile): file is FileReference {
  // Callers without types may give null.
  return (
    typeof file === 'object' &&
    (file as ExdataUploadFile | null) !== null &&
    !types.isUint8Array(file) &&
    'reference' in file
  );
}

function readerOf(reader: ExdataFileReader | null): ExdataFileReader {
  if (reader) return reader;
  throw new ExdataConfigurationError(
    'a file was given by reference, but there is no reader to open it: bind an ExdataFileReader to EXDATA_FILE_READER',
  );
}

/**
 * The name that comes with the file, if any. A reference may hold more than a name, such as a signature: it gives none.
 */
export function nameOf(file: ExdataUploadFile): string | undefined {
  if (typeof file === 'string') return path.basename(file);
  return file instanceof Blob && 'name' in file && typeof file.name === 'string' ? file.name : undefined;
}

/** Lets go of a stream that will not be read. */
export function dropFile(file: ExdataUploadFile): void {
  if (file instanceof Readable) file.on('error', () => undefined).destroy();
}

function referenceOf(file: FileReference): string {
  const { reference } = file;
  if (typeof reference === 'string' && /^[^\p{Cc}]{1,2048}$/u.test(reference)) return reference;
  throw new ExdataInputError('file.reference', 'must be 1 to 2,048 characters, none of them a control character');
}

async function* blobChunks(blob: Blob): AsyncGenerator<Uint8Array> {
  const reader = blob.stream().getReader();
  for (let part = await reader.read(); !part.done; part = await reader.read()) yield part.value;
}
