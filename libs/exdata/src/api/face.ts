// The face of nestjs-exdata/api, which is of use without Nest; its names are frozen by test/repository/faces.spec.ts.
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
export type { ExdataCallOptions, ExdataCreateOptions, ExdataListOptions, ExdataResult } from './calls.js';
export type { ExdataProxy } from './connections.js';
export type { ExdataDocumentData, ExdataExtractionRun } from './document-data.js';
export type { ExdataDocumentList, ExdataDocumentPage } from './document-list.js';
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
export type { ExdataAttempt, ExdataErrorDetails } from './errors.js';
export { ExdataApi } from './exdata-api.js';
export { exdataFieldOf } from './extraction.js';
export type { ExdataExtraction, ExdataField } from './extraction.js';
export type { ExdataJson } from './json.js';
export type { ExdataPreview } from './preview-data.js';
export type { ExdataResend } from './resend.js';
export { exdataBaseUrl } from './settings.js';
export type { ExdataApiOptions, ExdataRetryOptions } from './settings.js';
