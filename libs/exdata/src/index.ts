export {
  ExdataApi,
  exdataBaseUrl,
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
  fieldOf,
} from './api/index.js';
export type {
  CallOptions,
  CreateOptions,
  DocumentUpload,
  ExdataApiErrorDetails,
  ExdataApiOptions,
  ExdataAttempt,
  ExdataDocumentData,
  ExdataDocumentList,
  ExdataDocumentPage,
  ExdataDownload,
  ExdataErrorDetails,
  ExdataExtraction,
  ExdataExtractionRun,
  ExdataField,
  ExdataPreview,
  ExdataResend,
  ExdataResult,
  ExdataRetryOptions,
  JsonValue,
  ListOptions,
} from './api/index.js';
export { EXDATA_CONFIG, exdataEnvironment, exdataLiveConfig, exdataTestConfig, fromEnv, fromFile, fromProvider } from './config/index.js';
export type {
  ExdataAccountConfig,
  ExdataAccountOptions,
  ExdataConfig,
  ExdataEnvironment,
  ExdataEnvironmentAccount,
  ExdataModuleOptions,
  ReadSecret,
  SecretSource,
  SecretsSource,
  TokenOption,
  TokenSource,
  WebhookSecretOption,
  WebhookSecretsOption,
} from './config/index.js';
export { EXDATA_CLOCK, EXDATA_DATA_SOURCE, EXDATA_DISPATCHER, EXDATA_RANDOM, ExdataTransactions } from './dispatch/index.js';
export type { Clock, Dispatcher, JobRef, Random } from './dispatch/index.js';
export {
  documentStates,
  EXDATA_ALERTS,
  ExdataAccounts,
  ExdataAccountState,
  ExdataAlertRow,
  ExdataDocument,
  ExdataDocumentEvent,
  ExdataDocumentService,
  ExdataHandlerRun,
  ExdataInputError,
  ExdataNotSubmittedError,
  ExdataWaitTimeoutError,
  OnExdataDocument,
  transitions,
} from './documents/index.js';
export type {
  ExdataAccount,
  ExdataAlert,
  ExdataAlertKind,
  ExdataAlerts,
  ExdataHold,
  HoldReason,
  DocumentPage,
  DocumentProblem,
  DocumentQuery,
  DocumentState,
  ExdataDocumentContext,
  ExdataDocumentHandler,
  ExdataSource,
  OnExdataDocumentOptions,
  TerminalStatus,
  WaitOptions,
} from './documents/index.js';
export type { ExdataModuleExtras } from './exdata.module-definition.js';
export { ExdataModule } from './exdata.module.js';
export { exdataEntities, exdataMigrations } from './persistence/index.js';
export {
  EXDATA_SPOOL,
  ExdataFileError,
  ExdataResubmitError,
  ExdataSourceConflictError,
  ExdataUploadService,
  SpoolLimitError,
} from './uploads/index.js';
export type { ExdataSubmission, ExdataSubmit, Spool, Spooled, UploadFile } from './uploads/index.js';
export { EXDATA_WEBHOOK_SETTINGS, ExdataDelivery, ExdataWebhookGuard } from './webhooks/index.js';
export type { DeliveryOutcome, WebhookRequest, WebhookSecret, WebhookSettings } from './webhooks/index.js';
export * from './review/index.js';
