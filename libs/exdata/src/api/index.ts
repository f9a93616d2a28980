export { fieldOf, parseDocument, parseExtraction } from './document-data.js';
export type { ExdataDocumentData, ExdataExtraction, ExdataExtractionRun, ExdataField, JsonValue } from './document-data.js';
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
  ExdataValidationError,
} from './errors.js';
export type { ExdataApiErrorDetails, ExdataErrorDetails } from './errors.js';
export { ExdataApi, exdataBaseUrl } from './exdata-api.js';
export type { CreateOptions, ExdataApiOptions } from './exdata-api.js';
export type { DocumentUpload } from './multipart.js';
export type { CallOptions, ExdataResult } from './transport.js';
export { version } from './version.js';
