import { UnreadableInvoiceError } from './unreadable.js';

const declaration = /^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.:-]*)["']/;

/**
 * Decodes the bytes of an XML document: byte order mark, then the pattern of its first bytes, then its declaration,
 * then UTF-8 (XML 1.0, appendix F).
 * @throws {UnreadableInvoiceError} for bytes that are not text in that encoding
 */
export function decodeXml(bytes: Uint8Array): string {
  const label = encodingOf(bytes);
  try {
    return new TextDecoder(label, { fatal: true }).decode(bytes);
  } catch (cause) {
    throw new UnreadableInvoiceError(`The XML is not valid ${label}.`, { cause });
  }
}

/** Decodes the first bytes of what may be XML; what is not text in its encoding becomes U+FFFD. */
export function decodeXmlStart(bytes: Uint8Array, length: number): string {
  return new TextDecoder(encodingOf(bytes)).decode(bytes.subarray(0, length));
}

function encodingOf(bytes: Uint8Array): string {
  const [first, second] = bytes;
  if (first === 0xfe && second === 0xff) return 'utf-16be';
  if (first === 0xff && second === 0xfe) return 'utf-16le';
  if (first === 0x00 && second === 0x3c) return 'utf-16be';
  if (first === 0x3c && second === 0x00) return 'utf-16le';
  const head = Buffer.from(bytes.subarray(0, 256))
    .toString('latin1')
    .replace(/^\xef\xbb\xbf/, '');
  const declared = declaration.exec(head)?.[1]?.toLowerCase();
  // One byte per character was just seen, so a declared UTF-16 is left over from before somebody converted the file.
  return declared === undefined || declared.startsWith('utf-16') ? 'utf-8' : declared;
}
