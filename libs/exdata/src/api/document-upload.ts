import { cleanFileName } from './file-name.js';
import { ExdataRequestError } from './errors.js';
import type { UploadFile } from './announced-file.js';

/**
 * A document to be sent (exdata docs: POST /documents). A retry under the same key must send the same of everything:
 * exdata answers 409 otherwise.
 */
export interface ExdataDocumentUpload {
  readonly file: UploadFile;
  /** Sent without path and control characters. */
  readonly filename: string;
  /** Media type; default `application/octet-stream`. */
  readonly contentType?: string;
  /** Such as `en` or `de`. */
  readonly locale?: string;
  /** Types besides exdata's standard ones. */
  readonly customTypes?: readonly string[];
  /** Context for the extraction. */
  readonly text?: string;
  /** A label that exdata keeps beside the document: nothing personal. */
  readonly requester?: string;
}

/** A part of multipart/form-data that is text. */
export interface TextPart {
  readonly name: string;
  readonly value: string;
}

/** What is said of the file's part. */
export interface FilePart {
  readonly name: string;
  readonly filename: string;
  readonly contentType: string;
}

const token = String.raw`[\w!#$&^.+-]+`;
/** RFC 9110, 8.3.1. */
const mediaType = new RegExp(
  String.raw`^${token}/${token}(?: *; *${token}=(?:${token}|"[\x20\x21\x23-\x5b\x5d-\x7e]*"))*$`,
);

/**
 * The parts of an upload as exdata names them; the texts come first, so that they are known when the file's bytes
 * arrive.
 * @throws {ExdataRequestError} when a part cannot be sent, naming the field
 */
export function partsOf(upload: ExdataDocumentUpload): { texts: TextPart[]; file: FilePart } {
  const { file, text, requester, locale, customTypes = [], contentType = 'application/octet-stream' } = upload;
  if (!Number.isSafeInteger(file.size) || file.size < 0)
    throw new ExdataRequestError('file.size', 'must be a whole number of bytes');
  if (file.sha256 !== undefined && !/^[0-9a-f]{64}$/.test(file.sha256))
    throw new ExdataRequestError('file.sha256', 'must be 64 lower-case hex digits');
  if (contentType.length > 255 || !mediaType.test(contentType)) {
    throw new ExdataRequestError(
      'contentType',
      'must be a media type such as application/pdf, of at most 255 characters',
    );
  }
  const texts: [string, string | undefined][] = [
    ['text', text],
    ...customTypes.map((type): [string, string] => ['custom_types[]', type]),
    ['requester', requester],
    ['locale', locale],
  ];
  return {
    texts: texts.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }])),
    file: { name: 'file', filename: cleanFileName(upload.filename), contentType },
  };
}
