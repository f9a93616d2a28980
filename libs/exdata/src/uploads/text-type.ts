import type { FileType } from './file-type.js';

const html: FileType = { mime: 'text/html', extension: 'html' };
const xml: FileType = { mime: 'application/xml', extension: 'xml' };
const email: FileType = { mime: 'message/rfc822', extension: 'eml' };
const rtf: FileType = { mime: 'application/rtf', extension: 'rtf' };
const plain: FileType = { mime: 'text/plain', extension: 'txt' };

/** What a text is: RTF, HTML, XML, an e-mail, or else plain text, EDI and CSV among it. */
export function textTypeOf(text: string): FileType {
  if (text.startsWith('{\\rtf')) return rtf;
  const begin = text.trimStart();
  if (isHtml(begin)) return html;
  if (/^<(\?xml[\s?]|!--|!doctype\s|[\p{L}_][\p{L}\d_.:-]*[\s/>])/iu.test(begin)) return xml;
  if (/<html[\s>]|<!doctype\s+html/i.test(text)) return html;
  return isEmail(begin) ? email : plain;
}

/** The first lines of a message are fields (RFC 5322, 2.2); mailboxes put a line of their own before them. */
function isEmail(text: string): boolean {
  const fields = text
    .replace(/^From .*\r?\n/, '')
    .split(/\r?\n(?![ \t])/)
    .slice(0, 100);
  const end = fields.indexOf('');
  const header = end < 0 ? fields : fields.slice(0, end);
  const names = header.map((field) => /^([!-9;-~]+):/.exec(field)?.[1]?.toLowerCase());
  return (
    names.length >= 2 &&
    !names.slice(0, -1).includes(undefined) &&
    names.some((name) => name !== undefined && ofEmail.has(name))
  );
}

const ofEmail = new Set([
  'from',
  'to',
  'subject',
  'date',
  'received',
  'return-path',
  'message-id',
  'mime-version',
  'delivered-to',
]);

/** Control characters that stand in plain text and EDI files; DOS ends texts with the substitute, 1A. */
const ordinary = new Set([
  '\t',
  '\n',
  '\r',
  '\f',
  '\v',
  '\u001a',
  '\u001b',
  '\u001c',
  '\u001d',
  '\u001e',
  '\u001f',
  '\u0085',
]);

/**
 * The head as text, or null when it holds what text does not. What is in no Unicode encoding keeps its ASCII, whatever
 * the rest stands for.
 */
export function textOf(head: Buffer): string | null {
  const encoding = encodingOf(head);
  const unicode = decoded(head, encoding, encoding === 'utf-8');
  if (unicode !== null) {
    const strange = unicode.match(/[\p{Cc}\ufffd]/gu)?.filter((character) => !ordinary.has(character)).length ?? 0;
    return strange * 10 <= unicode.length ? unicode : null;
  }
  const bytes = head.subarray(0, mark.length).equals(mark) ? head.subarray(mark.length) : head;
  // Above 127 each code page has letters of its own; bytes that are no text show in the controls below, which are one
  // in ten of random ones.
  const strange = bytes.filter(
    (byte) => (byte < 0x20 || byte === 0x7f) && !ordinary.has(String.fromCharCode(byte)),
  ).length;
  return bytes.includes(0) || strange * 100 > bytes.length ? null : bytes.toString('latin1');
}

/** An HTML page or an e-mail by its ASCII beginning alone: what follows may be in any encoding, or in none. */
export function markedTypeOf(head: Buffer): FileType | null {
  const end = head.findIndex((byte) => byte === 0 || byte > 0x7f);
  const begin = head.toString('latin1', 0, end < 0 ? head.length : end).trimStart();
  if (isHtml(begin)) return html;
  const header = /^[^]*?\r?\n\r?\n/.exec(begin)?.[0];
  return header !== undefined && isEmail(header) ? email : null;
}

const isHtml = (begin: string): boolean => /^<(!doctype\s+)?html[\s>]/i.test(begin);

/** Null where it is not what the encoding allows, or has a NUL in it. */
function decoded(head: Buffer, encoding: string, fatal: boolean): string | null {
  try {
    const text = new TextDecoder(encoding, { fatal }).decode(head, { stream: true });
    return text.includes('\0') ? null : text;
  } catch {
    return null;
  }
}

const mark = Buffer.from('efbbbf', 'hex');

/** By a byte order mark, or as XML without one is told (XML 1.0, Appendix F). */
function encodingOf([first, second]: Buffer): string {
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return 'utf-16le';
  return (first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c) ? 'utf-16be' : 'utf-8';
}
