import { promisify } from 'node:util';
import { brotliDecompress, gunzip, inflate } from 'node:zlib';
import type { CompressCallback, ZlibOptions } from 'node:zlib';

type Decoder = (body: Buffer, options: Pick<ZlibOptions, 'maxOutputLength'>, done: CompressCallback) => void;

const decoders: Readonly<Record<string, Decoder>> = { gzip: gunzip, 'x-gzip': gunzip, deflate: inflate, br: brotliDecompress };

/** Content-Encoding in lower case; '' for a body as it is. */
export function encodingOf(header: string): string {
  const encoding = header.trim().toLowerCase();
  return encoding === 'identity' ? '' : encoding;
}

export function isDecodable(encoding: string): boolean {
  return Object.hasOwn(decoders, encoding);
}

/** The body without its Content-Encoding, or why there is none. It never grows beyond `maxBytes`. */
export async function decoded(body: Buffer, encoding: string, maxBytes: number): Promise<Buffer | 'too_large' | 'encoding_broken'> {
  const decoder = decoders[encoding];
  if (!decoder) return 'encoding_broken';
  try {
    return await promisify(decoder)(body, { maxOutputLength: maxBytes });
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE' ? 'too_large' : 'encoding_broken';
  }
}
