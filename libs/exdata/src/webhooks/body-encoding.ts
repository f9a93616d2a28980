import { promisify } from 'node:util';
import { brotliDecompress, brotliDecompressSync, gunzip, gunzipSync, inflate, inflateSync } from 'node:zlib';
import type { CompressCallback, ZlibOptions } from 'node:zlib';

type Limit = Pick<ZlibOptions, 'maxOutputLength'>;

interface Decoder {
  readonly decode: (body: Buffer, limit: Limit, done: CompressCallback) => void;
  readonly decodeSync: (body: Buffer, limit: Limit) => Buffer;
}

const gzip: Decoder = { decode: gunzip, decodeSync: gunzipSync };
const decoders: Readonly<Record<string, Decoder>> = {
  gzip,
  'x-gzip': gzip,
  deflate: { decode: inflate, decodeSync: inflateSync },
  br: { decode: brotliDecompress, decodeSync: brotliDecompressSync },
};

/** Content-Encoding in lower case; '' for a body as it is. */
export function encodingOf(header: string): string {
  const encoding = header.trim().toLowerCase();
  return encoding === 'identity' ? '' : encoding;
}

export function isDecodable(encoding: string): boolean {
  return Object.hasOwn(decoders, encoding);
}

/** The body without its Content-Encoding, or why there is none. It never grows beyond `maxBytes`. */
export async function decoded(
  body: Buffer,
  encoding: string,
  maxBytes: number,
): Promise<Buffer | 'too_large' | 'encoding_broken'> {
  const decoder = decoders[encoding];
  if (!decoder) return 'encoding_broken';
  try {
    return await promisify(decoder.decode)(body, { maxOutputLength: maxBytes });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'encoding_broken';
  }
}

/**
 * For a look at it only: the body without its Content-Encoding, or nothing where it has none, is broken, or grows
 * beyond `maxBytes`.
 */
export function inflated(body: Buffer, encoding: string, maxBytes: number): Buffer[] {
  if (!isDecodable(encoding)) return [];
  try {
    return [decoders[encoding]?.decodeSync(body, { maxOutputLength: maxBytes }) ?? Buffer.alloc(0)];
  } catch {
    return [];
  }
}
