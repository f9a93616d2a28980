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
export type { ExdataCallOptions, ExdataCreateOptions, ExdataResult, ExdataListOptions } from './calls.js';
export { parseDocument } from './document-data.js';
export type { ExdataDocumentData } from './document-data.js';
export type { ExdataDocumentPage } from './document-list.js';
export type { ExdataDocumentUpload } from './document-upload.js';
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
export { ExdataApi } from './exdata-api.js';
export { exdataFieldOf } from './extraction.js';
export type { ExdataExtraction } from './extraction.js';
export { cleanFileName, endingOf } from './file-name.js';
export type { ExdataResend } from './resend.js';
export { refusedTokenPrint } from './token-print.js';
export type { ExdataApiOptions } from './settings.js';
export { wireText } from './wire-text.js';
export { version } from './version.js';
