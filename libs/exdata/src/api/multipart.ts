import { createHash } from 'node:crypto';
import { ExdataRequestError } from './errors.js';

/** A file to be sent, and the fields beside it. */
export interface DocumentUpload {
  readonly file: {
    /** Opens the bytes anew for each attempt. */
    open(): AsyncIterable<Uint8Array>;
    /** In bytes. */
    readonly size: number;
    /** Lower-case hex; where given, other bytes are not sent to their end. */
    readonly sha256?: string;
  };
  readonly filename: string;
  readonly contentType?: string;
  readonly locale?: string;
  readonly customTypes?: readonly string[];
  readonly text?: string;
  /** A label that exdata keeps beside the document: nothing personal. */
  readonly requester?: string;
}

export interface MultipartBody {
  readonly contentType: string;
  /** In bytes, known before the first leaves. */
  readonly contentLength: number;
  /** Counted as the bytes are taken. */
  sentBytes(): number;
  stream(): AsyncGenerator<Uint8Array>;
}

/** The bytes are not the ones that were announced; the attempt was broken off before exdata could take it for whole. */
export class UploadChangedError extends Error {
  override readonly name = 'UploadChangedError';
}

/**
 * Frames an upload as multipart/form-data (RFC 7578) with a known length, one chunk at a time, so that memory does not grow with the file.
 * @param boundary must not occur in the file: take it at random
 */
export function multipartOf(upload: DocumentUpload, boundary: string): MultipartBody {
  const { file } = upload;
  const head = Buffer.from(`${fieldParts(upload, boundary)}${fileHead(upload, boundary)}`, 'utf8');
  const tail = Buffer.from(`\r\n--${boundary}--\r\n`, 'latin1');
  let sent = 0;
  async function* stream(): AsyncGenerator<Uint8Array> {
    const hash = createHash('sha256');
    let held: Uint8Array | undefined;
    yield head;
    for await (const chunk of file.open()) {
      sent += chunk.length;
      if (sent > file.size) throw new UploadChangedError(`the file has more than the announced ${String(file.size)} bytes`);
      hash.update(chunk);
      // One chunk is held back until all bytes have been checked, so that an upload of other bytes never ends well.
      if (held) yield held;
      held = chunk;
    }
    if (sent !== file.size) throw new UploadChangedError(`the file has ${String(sent)} bytes, ${String(file.size)} were announced`);
    if (file.sha256 !== undefined && hash.digest('hex') !== file.sha256)
      throw new UploadChangedError('the bytes are not those of the announced SHA-256');
    if (held) yield held;
    yield tail;
  }
  return {
    contentType: `multipart/form-data; boundary=${boundary}`,
    contentLength: head.length + file.size + tail.length,
    sentBytes: () => sent,
    stream,
  };
}

function fieldParts({ text, requester, locale, customTypes = [] }: DocumentUpload, boundary: string): string {
  const fields: [string, string | undefined][] = [
    ['text', text],
    ...customTypes.map((type): [string, string] => ['custom_types[]', type]),
    ['requester', requester],
    ['locale', locale],
  ];
  return fields
    .filter((field): field is [string, string] => field[1] !== undefined)
    .map(([name, value]) => {
      if (value.includes(boundary)) throw new ExdataRequestError(name, 'contains the boundary of the request');
      return `--${boundary}\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`;
    })
    .join('');
}

function fileHead({ filename, contentType = 'application/octet-stream' }: DocumentUpload, boundary: string): string {
  if (!/^[\w.+-]+\/[\w.+-]+$/.test(contentType)) throw new ExdataRequestError('contentType', 'is not a media type');
  return `--${boundary}\r\nContent-Disposition: form-data; name="file"; filename="${sendableName(filename)}"\r\nContent-Type: ${contentType}\r\n\r\n`;
}

/** The last part of the path, without control characters; quotes are escaped and other scripts sent as UTF-8, as browsers do (RFC 7578, 4.2; HTML standard). */
function sendableName(filename: string): string {
  const last = filename.split(/[/\\]/).at(-1) ?? '';
  return last.replace(/\p{Cc}/gu, '').replaceAll('"', '%22') || 'document';
}
