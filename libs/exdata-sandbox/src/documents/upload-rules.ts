import { ApiProblem, type FieldErrors } from '../http/problem.js';
import type { UploadForm } from '../http/multipart.js';
import { extensionOf } from './document.js';

/** An upload that passed validation. */
export interface UploadIntent {
  readonly file: NonNullable<UploadForm['file']>;
  readonly locale: string | null;
  readonly requester: string | null;
  readonly customTypes: readonly string[];
}

/** The file families of the contract -> extensions. Exact lists are not documented. */
export const defaultFileTypes: readonly string[] = [
  ...['pdf', 'png', 'jpg', 'jpeg', 'gif', 'webp', 'tif', 'tiff', 'bmp', 'heic', 'heif'],
  ...['doc', 'docx', 'xls', 'xlsx', 'ppt', 'pptx', 'odt', 'ods', 'odp', 'rtf', 'csv'],
  ...['eml', 'msg', 'htm', 'html', 'txt', 'md', 'json', 'xml', 'edi', 'edifact', 'x12'],
];

/** Extension -> what the content has to begin with, as hex; other types have no signature to check. */
const signatures: Readonly<Record<string, RegExp>> = {
  png: /^89504e470d0a1a0a/,
  jpg: /^ffd8ff/,
  jpeg: /^ffd8ff/,
  gif: /^474946383[79]61/,
  tif: /^(49492a00|4d4d002a)/,
  tiff: /^(49492a00|4d4d002a)/,
  bmp: /^424d/,
  webp: /^52494646.{8}57454250/,
  docx: /^504b0304/,
  xlsx: /^504b0304/,
  pptx: /^504b0304/,
  pdf: /^(..){0,1019}255044462d/,
  // Optional byte order mark and white space, then `<`, in one or two bytes per character.
  xml: /^(efbbbf|fffe|feff)?(00)?(20|09|0a|0d|00)*3c/,
};

/**
 * exdata checks extension, type and content signature before anything else (exdata docs: Uploads).
 * @throws {ApiProblem} 422 with all faults, or the status of the reading for a file over the limit
 */
export function checkUpload(form: UploadForm, fileTypes: readonly string[], oversize: 413 | 422): UploadIntent {
  const { fields, file } = form;
  if (file?.tooLarge === true && oversize === 413)
    throw new ApiProblem(413, 'payload_too_large', 'The file is too large.');
  const errors: Record<string, string[]> = {};
  const complain = (field: string, fault: string | undefined): void => {
    if (fault !== undefined) (errors[field] ??= []).push(fault);
  };
  complain('file', fileFault(file, fileTypes));
  const single = (name: string): string | null => {
    const values = fields[name] ?? [];
    if (values.length > 1) complain(name, `The ${name} field must be given once.`);
    return values[0] === '' ? null : (values[0] ?? null);
  };
  const locale = single('locale');
  if (locale !== null && !/^[a-z]{2}([-_][A-Za-z]{2})?$/.test(locale))
    complain('locale', 'The locale field is invalid.');
  const requester = single('requester');
  if ((requester?.length ?? 0) > 255)
    complain('requester', 'The requester field must not be longer than 255 characters.');
  single('text');
  const ai = single('allow_ai_processing');
  if (ai !== null && !['0', '1', 'true', 'false'].includes(ai))
    complain('allow_ai_processing', 'The allow ai processing field must be true or false.');
  if (fields.custom_types !== undefined) complain('custom_types', 'The custom types field must be an array.');
  const customTypes = fields['custom_types[]'] ?? [];
  customTypes.forEach((type, index) => {
    if (type.trim() === '' || type.length > 255)
      complain(`custom_types.${index}`, 'The custom type must be a text of 1 to 255 characters.');
  });
  if (file === undefined || Object.keys(errors).length > 0) throw ApiProblem.validation(errors satisfies FieldErrors);
  return { file, locale, requester, customTypes };
}

function fileFault(file: UploadForm['file'], fileTypes: readonly string[]): string | undefined {
  if (file === undefined || file.filename === '') return 'The file field is required.';
  if (file.size === 0) return 'The file must not be empty.';
  if (file.tooLarge) return 'The file must not be larger than the limit.';
  const extension = extensionOf(file.filename);
  if (!fileTypes.includes(extension)) return 'The file type is not supported.';
  const signature = signatures[extension];
  if (file.bytes !== null && signature?.test(file.bytes.toString('hex', 0, 2048)) === false)
    return 'The file content does not match its type.';
  return undefined;
}
