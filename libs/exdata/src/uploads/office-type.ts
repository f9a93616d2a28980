import type { FileType } from './file-type.js';

const openXml = 'application/vnd.openxmlformats-officedocument';
const openDocument = 'application/vnd.oasis.opendocument';

const docx: FileType = { mime: `${openXml}.wordprocessingml.document`, extension: 'docx' };
const xlsx: FileType = { mime: `${openXml}.spreadsheetml.sheet`, extension: 'xlsx' };
const pptx: FileType = { mime: `${openXml}.presentationml.presentation`, extension: 'pptx' };
const zip: FileType = { mime: 'application/zip', extension: 'zip' };
const doc: FileType = { mime: 'application/msword', extension: 'doc' };
const xls: FileType = { mime: 'application/vnd.ms-excel', extension: 'xls' };
const ppt: FileType = { mime: 'application/vnd.ms-powerpoint', extension: 'ppt' };
const msg: FileType = { mime: 'application/vnd.ms-outlook', extension: 'msg' };
const ole: FileType = { mime: 'application/x-ole-storage', extension: 'ole' };

/** Folders of an Office Open XML package (ECMA-376, part 2) -> what it is. */
const folders: readonly (readonly [string, FileType])[] = [
  ['word/', docx],
  ['xl/', xlsx],
  ['ppt/', pptx],
];
const openXmlByEnding: Readonly<Record<string, FileType>> = { docx, docm: docx, xlsx, xlsm: xlsx, pptx, pptm: pptx };
const openDocumentByMime: Readonly<Record<string, FileType>> = Object.fromEntries(
  Object.entries({ odt: 'text', ods: 'spreadsheet', odp: 'presentation' }).map(([extension, kind]) => {
    const mime = `${openDocument}.${kind}`;
    return [mime, { mime, extension }];
  }),
);

/** Streams of a compound file (MS-CFB) -> what it is; their names are UTF-16. */
const streams = (
  [
    ['WordDocument', doc],
    ['PowerPoint Document', ppt],
    ['__properties_version1.0', msg],
    ['Workbook', xls],
    ['Book', xls],
  ] as const
).map(([name, type]) => ({ name: Buffer.from(`${name}\0`, 'utf16le'), type }));
const oleByEnding: Readonly<Record<string, FileType>> = { doc, dot: doc, xls, xlt: xls, ppt, msg };

/** What lies in a zip, told by the entries that its beginning shows: an office document, or just a zip. */
export function zipTypeOf(head: Buffer, ending: string): FileType {
  const entries = entriesOf(head);
  const [first] = entries;
  // OpenDocument 1.2, part 3, 3.3: the first entry, stored as it is, holds the media type.
  if (first?.name === 'mimetype') return openDocumentByMime[first.content] ?? zip;
  for (const [folder, type] of folders) if (entries.some(({ name }) => name.startsWith(folder))) return type;
  const isOpenXml = entries.some(({ name }) => name === '[Content_Types].xml' || name === '_rels/.rels');
  return (isOpenXml ? openXmlByEnding[ending] : undefined) ?? zip;
}

/** What an old office file is. Its directory may lie at its end, out of sight: then the name has to do. */
export function oleTypeOf(head: Buffer, ending: string): FileType {
  return streams.find(({ name }) => head.includes(name))?.type ?? oleByEnding[ending] ?? ole;
}

interface ZipEntry {
  readonly name: string;
  /** As it stands in the file, compressed or not; of the length that the header tells. */
  readonly content: string;
}

/**
 * Names that tell a type are shorter, and few entries stand before them: a header may announce 64 KiB of name, and a
 * head hold thousands of headers.
 */
const [longestName, mostEntries] = [64, 1_000];

/** Entries by their local headers (APPNOTE 4.3.7), as far as they stand in the head. */
function entriesOf(head: Buffer): ZipEntry[] {
  const entries: ZipEntry[] = [];
  for (let at = head.indexOf('PK\x03\x04', 0, 'latin1'); at >= 0; at = head.indexOf('PK\x03\x04', at + 4, 'latin1')) {
    if (at + 30 > head.length || entries.length === mostEntries) break;
    const nameEnd = at + 30 + head.readUInt16LE(at + 26);
    const begin = nameEnd + head.readUInt16LE(at + 28);
    entries.push({
      name: head.toString('utf8', at + 30, Math.min(nameEnd, at + 30 + longestName)),
      content: head.toString('latin1', begin, begin + Math.min(head.readUInt32LE(at + 18), 256)),
    });
  }
  return entries;
}
