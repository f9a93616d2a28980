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
  if (/^<(!doctype\s+)?html[\s>]/i.test(begin)) return html;
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
  return names.length >= 2 && !names.slice(0, -1).includes(undefined) && names.some((name) => name !== undefined && ofEmail.has(name));
}

const ofEmail = new Set(['from', 'to', 'subject', 'date', 'received', 'return-path', 'message-id', 'mime-version', 'delivered-to']);

/** Control characters that stand in plain text and EDI files. */
const ordinary = new Set(['\t', '\n', '\r', '\f', '\v', '\u001b', '\u001c', '\u001d', '\u001e', '\u001f', '\u0085']);

/** The head as text, or null when it holds what text does not. */
export function textOf(head: Buffer): string | null {
  const text = new TextDecoder(encodingOf(head)).decode(head, { stream: true });
  if (text.includes('\0')) return null;
  const strange = text.match(/[\p{Cc}\ufffd]/gu)?.filter((character) => !ordinary.has(character)).length ?? 0;
  // Bytes of a Latin-1 text are no UTF-8, but they are few among the rest.
  return strange * 10 <= text.length ? text : null;
}

/** By a byte order mark, or as XML without one is told (XML 1.0, Appendix F). */
function encodingOf([first, second]: Buffer): string {
  if ((first === 0xff && second === 0xfe) || (first === 0x3c && second === 0)) return 'utf-16le';
  return (first === 0xfe && second === 0xff) || (first === 0 && second === 0x3c) ? 'utf-16be' : 'utf-8';
}
