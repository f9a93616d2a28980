export type { CallOptions, CreateOptions, ExdataResult } from './calls.js';
export { parseDocument } from './document-data.js';
export type { ExdataDocumentData, ExdataExtractionRun } from './document-data.js';
export type { DocumentUpload } from './document-upload.js';
export {
  ExdataApiError,
  ExdataAuthenticationError,
  ExdataConfigurationError,
  ExdataConflictError,
  ExdataConnectionError,
  ExdataError,
  ExdataInsufficientCreditsError,
  ExdataNotFoundError,
  ExdataPermissionError,
  ExdataProtocolError,
  ExdataRateLimitError,
  ExdataRequestError,
  ExdataServerError,
  ExdataTimeoutError,
  ExdataUploadStreamError,
  ExdataValidationError,
} from './errors.js';
export type { ExdataApiErrorDetails, ExdataErrorDetails } from './errors.js';
export { ExdataApi } from './exdata-api.js';
export { fieldOf } from './extraction.js';
export type { ExdataExtraction, ExdataField } from './extraction.js';
export type { JsonValue } from './json.js';
export { exdataBaseUrl } from './settings.js';
export type { ExdataApiOptions } from './settings.js';
export { version } from './version.js';
