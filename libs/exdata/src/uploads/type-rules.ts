import type { FileType } from './file-type.js';

/** Families of files that exdata reads (exdata docs: Uploads); which types it counts to them is not documented. */
const families: Readonly<Record<string, readonly string[]>> = {
  pdf: ['application/pdf'],
  image: ['image/png', 'image/jpeg', 'image/gif', 'image/webp', 'image/bmp', 'image/tiff', 'image/heic', 'image/heif'],
  office: [
    'application/msword',
    'application/vnd.ms-excel',
    'application/vnd.ms-powerpoint',
    'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
    'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
    'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    'application/vnd.oasis.opendocument.text',
    'application/vnd.oasis.opendocument.spreadsheet',
    'application/vnd.oasis.opendocument.presentation',
    'application/rtf',
  ],
  email: ['message/rfc822', 'application/vnd.ms-outlook'],
  html: ['text/html'],
  xml: ['application/xml'],
  text: ['text/plain'],
};

/** Whether a type is on a list of families and media types. */
export function isAllowed({ mime }: FileType, allowed: readonly string[]): boolean {
  return allowed.some((entry) => entry === mime || (families[entry]?.includes(mime) ?? false));
}

const markup = ['html', 'xml'];
const anyText = ['text', 'email', 'html', 'xml'];

/**
 * Endings -> what such files hold in practice, as families. Within a family they are told apart by nobody: scanners
 * name a PNG `.jpg`, and Word opens RTF as `.doc`. Old programs export web pages and tables of text as `.doc` and
 * `.xls`.
 */
const endings: ReadonlyMap<string, readonly string[]> = new Map([
  ...each(['pdf'], ['pdf']),
  ...each(['png', 'jpg', 'jpeg', 'jpe', 'jfif', 'gif', 'webp', 'bmp', 'tif', 'tiff', 'heic', 'heif'], ['image']),
  ...each(['docx', 'docm', 'xlsx', 'xlsm', 'pptx', 'pptm', 'odt', 'ods', 'odp', 'rtf', 'ppt'], ['office']),
  ...each(['doc', 'xls'], ['office', 'text', ...markup]),
  ...each(['eml'], ['email', 'text']),
  ...each(['msg'], ['email']),
  ...each(['html', 'htm', 'xhtml', 'xml', 'svg'], markup),
  ...each(['txt', 'csv', 'tsv', 'json', 'md', 'edi', 'edifact', 'x12'], anyText),
  ...each(['bat', 'cmd', 'js', 'mjs', 'vbs', 'ps1', 'sh', 'py', 'php', 'css', 'sql'], anyText),
  // Nothing that exdata reads; `.com` is left out, since names end with the addresses of senders too.
  ...each(['exe', 'dll', 'msi', 'scr', 'jar', 'apk', 'dmg', 'iso', 'lnk', 'class'], []),
  ...each(['zip', 'rar', '7z', 'gz', 'tgz', 'tar', 'bz2', 'xz', 'cab'], []),
  ...each(['mp3', 'mp4', 'm4a', 'mov', 'avi', 'mkv', 'wav', 'webm', 'avif', 'psd', 'ttf', 'sqlite'], []),
]);

/** Whether a name may stand over such content. One without an ending, or with one that says nothing, may. */
export function nameFits(type: FileType, ending: string): boolean {
  const expected = endings.get(ending);
  return expected === undefined || type.extension === ending || isAllowed(type, expected);
}

function each(names: readonly string[], expected: readonly string[]): (readonly [string, readonly string[]])[] {
  return names.map((name) => [name, expected] as const);
}
