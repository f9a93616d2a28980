import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { finished, type Readable } from 'node:stream';
import busboy from 'busboy';
import type { FileFacts } from '../journal/entries.js';
import type { SandboxLimits } from '../limits.js';

/** The body of an upload. */
export interface UploadForm {
  readonly fields: Readonly<Record<string, readonly string[]>>;
  /** undefined: there was no file part named `file`. */
  readonly file:
    | (FileFacts & {
        /** null when it was too large to keep. */ readonly bytes: Buffer | null;
        readonly tooLarge: boolean;
      })
    | undefined;
}

/** The body is no multipart form, or breaks off. */
export class MalformedFormError extends Error {
  override readonly name = 'MalformedFormError';
}

/** The client went away before its body ended. */
export class AbortedRequestError extends Error {
  override readonly name = 'AbortedRequestError';
}

type UploadedFile = NonNullable<UploadForm['file']>;

/**
 * Reads a multipart form (RFC 7578) as a stream: the file is hashed as it comes, and kept only up to
 * `limits.keptBytes`.
 * @throws {MalformedFormError} | {AbortedRequestError}
 */
export function readForm(body: Readable, headers: IncomingHttpHeaders, limits: SandboxLimits): Promise<UploadForm> {
  return new Promise((resolve, reject) => {
    const parser = openParser(headers, limits);
    if (parser === undefined) {
      reject(new MalformedFormError('The body is not multipart/form-data.'));
      return;
    }
    // A body that is announced as too large to be kept is not kept for a while either.
    const keptBytes = Number(headers['content-length'] ?? 0) > limits.keptBytes + framingBytes ? 0 : limits.keptBytes;
    const fields: Record<string, string[]> = Object.create(null) as Record<string, string[]>;
    let file: Promise<UploadedFile> | undefined;
    parser.on('field', (name, value) => (fields[name] ??= []).push(value));
    parser.on('file', (name, stream, { filename, mimeType }) => {
      if (name === 'file' && file === undefined) file = readFile(stream, filename, mimeType, { ...limits, keptBytes });
      else stream.resume();
    });
    parser.on('error', (cause) => {
      body.unpipe(parser).resume();
      reject(new MalformedFormError('The multipart body cannot be read.', { cause }));
    });
    parser.on('close', () => {
      (file ?? Promise.resolve(undefined)).then((read) => resolve({ fields: { ...fields }, file: read }), reject);
    });
    finished(body, { writable: false }, (error) => {
      if (error != null) reject(new AbortedRequestError('The client went away.', { cause: error }));
    });
    body.pipe(parser);
  });
}

/** Fields and boundaries around a file are no larger than this. */
const framingBytes = 1_048_576;

function openParser(headers: IncomingHttpHeaders, limits: SandboxLimits): busboy.Busboy | undefined {
  try {
    return busboy({
      headers,
      defParamCharset: 'utf8',
      limits: { fileSize: limits.fileBytes + 1, fieldSize: framingBytes, fields: 200, parts: 300 },
    });
  } catch {
    return undefined;
  }
}

async function readFile(
  stream: AsyncIterable<Buffer>,
  filename: string | undefined,
  contentType: string,
  limits: SandboxLimits,
): Promise<UploadedFile> {
  const hash = createHash('sha256');
  let size = 0;
  let chunks: Buffer[] = [];
  for await (const chunk of stream) {
    hash.update(chunk);
    size += chunk.length;
    if (size <= limits.keptBytes) chunks.push(chunk);
    else chunks = [];
  }
  const bytes = size <= limits.keptBytes ? Buffer.concat(chunks) : null;
  return {
    filename: filename ?? '',
    contentType,
    size,
    sha256: hash.digest('hex'),
    bytes,
    tooLarge: size > limits.fileBytes,
  };
}
