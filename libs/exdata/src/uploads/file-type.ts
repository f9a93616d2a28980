import { filetypeinfo } from 'magic-bytes.js';

/** What the bytes are, told by themselves; the name is not asked. */
export interface FileType {
  readonly mime: string;
  readonly extension: string;
}

const office: FileType = { mime: 'application/zip', extension: 'zip' };
const accepted: Readonly<Record<string, FileType>> = {
  png: { mime: 'image/png', extension: 'png' },
  jpg: { mime: 'image/jpeg', extension: 'jpg' },
  jpeg: { mime: 'image/jpeg', extension: 'jpg' },
  tif: { mime: 'image/tiff', extension: 'tif' },
  tiff: { mime: 'image/tiff', extension: 'tif' },
  gif: { mime: 'image/gif', extension: 'gif' },
  bmp: { mime: 'image/bmp', extension: 'bmp' },
  webp: { mime: 'image/webp', extension: 'webp' },
  heic: { mime: 'image/heic', extension: 'heic' },
  docx: { mime: 'application/vnd.openxmlformats-officedocument.wordprocessingml.document', extension: 'docx' },
  xlsx: { mime: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', extension: 'xlsx' },
  pptx: { mime: 'application/vnd.openxmlformats-officedocument.presentationml.presentation', extension: 'pptx' },
  odt: { mime: 'application/vnd.oasis.opendocument.text', extension: 'odt' },
  ods: { mime: 'application/vnd.oasis.opendocument.spreadsheet', extension: 'ods' },
  doc: { mime: 'application/msword', extension: 'doc' },
  xls: { mime: 'application/vnd.ms-excel', extension: 'xls' },
  msg: { mime: 'application/vnd.ms-outlook', extension: 'msg' },
  rtf: { mime: 'application/rtf', extension: 'rtf' },
  zip: office,
};

/** Zip containers are told apart by their name alone, so the name chooses among the office kinds and nothing else. */
const containers = new Set(['docx', 'xlsx', 'pptx', 'odt', 'ods', 'doc', 'xls', 'msg']);

/**
 * Tells the type by the first bytes, within the families that exdata reads (exdata docs: Uploads): PDF, images, office, e-mail, HTML, XML, text.
 * Null for anything else, programs and archives among them.
 */
export function fileTypeOf(head: Buffer, filename: string): FileType | null {
  // A PDF may begin with up to 1,024 bytes of something else (ISO 32000-1, Annex H.3.4.1).
  if (head.subarray(0, 1024 + 5).includes('%PDF-')) return { mime: 'application/pdf', extension: 'pdf' };
  const text = textOf(head);
  if (text !== null) return textTypeOf(text);
  const guesses = filetypeinfo(head).map((guess) => guess.extension ?? guess.typename);
  const named = /\.(\w+)$/.exec(filename)?.[1]?.toLowerCase() ?? '';
  const guess = containers.has(named) && guesses.includes(named) ? named : guesses.find((name) => accepted[name] && !containers.has(name));
  const type = guess === undefined ? undefined : accepted[guess];
  return type === undefined || type === office ? null : type;
}

function textTypeOf(text: string): FileType {
  if (/^\s*(<\?xml|<!--|<[\w:]+[\s>])/.test(text) && !/^\s*<(!doctype\s+)?html/i.test(text))
    return { mime: 'application/xml', extension: 'xml' };
  if (/<html[\s>]|<!doctype\s+html/i.test(text)) return { mime: 'text/html', extension: 'html' };
  if (/^(received|return-path|from|to|subject|date|message-id|mime-version|delivered-to):/im.test(text.slice(0, 200)))
    return { mime: 'message/rfc822', extension: 'eml' };
  return { mime: 'text/plain', extension: 'txt' };
}

/** Control characters that stand in plain text and EDI files. */
const ordinary = new Set(['\t', '\n', '\r', '\f', '\v', '\u001b', '\u001c', '\u001d', '\u001e', '\u001f', '\u0085']);

/** The head as text, or null when it holds what text does not. */
function textOf(head: Buffer): string | null {
  const utf16 = head[0] === 0xff && head[1] === 0xfe ? 'utf-16le' : head[0] === 0xfe && head[1] === 0xff ? 'utf-16be' : null;
  const text = new TextDecoder(utf16 ?? 'utf-8').decode(head, { stream: true });
  const strange = text.match(/[\p{Cc}\ufffd]/gu)?.filter((character) => !ordinary.has(character)).length ?? 0;
  if (text.includes('\0')) return null;
  // Bytes of a Latin-1 text are no UTF-8, but they are few among the rest.
  return strange * 10 <= text.length ? text : null;
}
