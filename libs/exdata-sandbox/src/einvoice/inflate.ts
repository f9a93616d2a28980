import { inflateSync, constants } from 'node:zlib';
import { PDFArray, PDFDict, PDFName, PDFRawStream, decodePDFRawStream } from '@cantoo/pdf-lib';
import { UnreadableInvoiceError } from './unreadable.js';

/**
 * Decodes a stream of a PDF through its filters without ever holding more than `limit` bytes of result: a few kilobytes
 * of Flate data can stand for gigabytes.
 * @throws {UnreadableInvoiceError} when the result would be larger, or a filter is unknown or its data broken
 */
export function decodeStream(stream: PDFRawStream, limit: number): Uint8Array {
  try {
    let bytes = atMost(stream.contents, limit);
    for (const filter of filtersOf(stream)) {
      bytes =
        filter === 'FlateDecode' ? inflate(bytes, limit) : atMost(unpack(stream, filter, bytes, limit + 1), limit);
    }
    return bytes;
  } catch (cause) {
    throw new UnreadableInvoiceError('A stream of the PDF cannot be decoded within the limits.', { cause });
  }
}

/**
 * @returns the data behind a zlib header; trailing bytes and a missing checksum are tolerated, as PDF readers do
 * @throws {RangeError} when there is more than `limit` bytes of it
 */
export function inflate(bytes: Uint8Array, limit: number): Uint8Array {
  return inflateSync(bytes, { maxOutputLength: Math.max(1, limit), finishFlush: constants.Z_SYNC_FLUSH });
}

/** pdf-lib's decoders other than Flate produce a small block at a time and stop at the length that is asked for. */
function unpack(stream: PDFRawStream, filter: string, bytes: Uint8Array, length: number): Uint8Array {
  const dict = PDFDict.withContext(stream.dict.context);
  dict.set(PDFName.of('Filter'), PDFName.of(filter));
  return Uint8Array.from(decodePDFRawStream(PDFRawStream.of(dict, bytes)).getBytes(length));
}

function atMost(bytes: Uint8Array, limit: number): Uint8Array {
  if (bytes.length > limit) throw new RangeError(`More than ${limit} bytes.`);
  return bytes;
}

function filtersOf(stream: PDFRawStream): string[] {
  const filter = stream.dict.lookup(PDFName.of('Filter'));
  if (filter instanceof PDFName) return [filter.decodeText()];
  if (!(filter instanceof PDFArray)) return [];
  return filter.asArray().map((entry) => stream.dict.context.lookup(entry, PDFName).decodeText());
}
