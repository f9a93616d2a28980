export {
  ExdataApiError,
  ExdataAuthenticationError,
  ExdataConflictError,
  ExdataInsufficientCreditsError,
  ExdataNotFoundError,
  ExdataPermissionError,
  ExdataRateLimitError,
  ExdataServerError,
  ExdataValidationError,
} from './api-errors.js';
export type { ExdataApiErrorDetails } from './api-errors.js';
export type { CallOptions, CreateOptions, ExdataResult, ListOptions } from './calls.js';
export { parseDocument } from './document-data.js';
export type { ExdataDocumentData, ExdataExtractionRun } from './document-data.js';
export type { ExdataDocumentList, ExdataDocumentPage } from './document-list.js';
export type { DocumentUpload } from './document-upload.js';
export type { ExdataDownload } from './download.js';
export {
  ExdataConfigurationError,
  ExdataConnectionError,
  ExdataError,
  ExdataProtocolError,
  ExdataRequestError,
  ExdataTimeoutError,
  ExdataUploadStreamError,
} from './errors.js';
export type { ExdataAttempt, ExdataErrorDetails } from './errors.js';
export { ExdataApi } from './exdata-api.js';
export { fieldOf } from './extraction.js';
export type { ExdataExtraction, ExdataField } from './extraction.js';
export { cleanFileName, endingOf } from './file-name.js';
export type { JsonValue } from './json.js';
export type { ExdataPreview } from './preview-data.js';
export type { ExdataResend } from './resend.js';
export { exdataBaseUrl } from './settings.js';
export type { ExdataApiOptions, ExdataRetryOptions } from './settings.js';
export { wireId, wireText } from './wire-text.js';
export { version } from './version.js';
