import { filetypeinfo } from 'magic-bytes.js';
import { oleTypeOf, zipTypeOf } from './office-type.js';
import { markedTypeOf, textOf, textTypeOf } from './text-type.js';

/** What the bytes are, told by themselves. */
export interface FileType {
  readonly mime: string;
  readonly extension: string;
}

const pdf: FileType = { mime: 'application/pdf', extension: 'pdf' };
/** A PDF may begin with up to 1,024 bytes of something else (ISO 32000-1, Annex H.3.4.1). */
const longestPreamble = 1024;

/**
 * Brands of HEIF (ISO/IEC 23008-12) that the table of magic numbers takes for those of films, and TIFF with 64-bit
 * offsets, which it does not know.
 */
const heif: FileType = { mime: 'image/heif', extension: 'heif' };
const heifBrand = /^ftyp(heix|heim|heis|hevc|hevx|hevm|hevs|msf1)$/;
const tiff: FileType = { mime: 'image/tiff', extension: 'tif' };
const bigTiff = ['II+\0', 'MM\0+'].map((magic) => Buffer.from(magic, 'latin1'));

const zip = Buffer.from('PK\x03\x04', 'latin1');
const ole = Buffer.from('d0cf11e0a1b11ae1', 'hex');
/** Windows, ELF, Mach-O in either order and in both widths, its fat form, which Java's classes share. */
const programs = ['4d5a', '7f454c46', 'feedface', 'feedfacf', 'cefaedfe', 'cffaedfe', 'cafebabe'].map((hex) =>
  Buffer.from(hex, 'hex'),
);

/**
 * Tells the type by the first bytes. The name is asked only where they leave it open: old office files keep theirs
 * anywhere in the file. Null for programs, and for what cannot be told.
 * @param ending of the file's name, in lower case
 */
export function fileTypeOf(head: Buffer, ending: string): FileType | null {
  const text = textOf(head);
  if (text === null && programs.some((magic) => startsWith(head, magic))) return null;
  if (text?.startsWith('#!')) return null;
  if (isPdf(head)) return pdf;
  if (text !== null) return textTypeOf(text);
  const marked = markedTypeOf(head);
  if (marked !== null) return marked;
  if (startsWith(head, zip)) return zipTypeOf(head, ending);
  if (startsWith(head, ole)) return oleTypeOf(head, ending);
  if (heifBrand.test(head.toString('latin1', 4, 12))) return heif;
  if (bigTiff.some((magic) => startsWith(head, magic))) return tiff;
  for (const { mime, extension } of filetypeinfo(head))
    if (mime !== undefined) return { mime, extension: extension ?? 'bin' };
  return null;
}

function isPdf(head: Buffer): boolean {
  const at = head.indexOf('%PDF-');
  if (at < 0 || at > longestPreamble || startsWith(head, zip)) return false;
  // A page or a message may speak of PDFs.
  return !/^\s*(<|[\w-]+: )/.test(head.subarray(0, at).toString('latin1'));
}

function startsWith(head: Buffer, magic: Buffer): boolean {
  return head.subarray(0, magic.length).equals(magic);
}
