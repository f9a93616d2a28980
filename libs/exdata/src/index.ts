// Its names are frozen by test/repository/faces.spec.ts: what hosts write by name, and the classes and interfaces that
// their own declarations may have to name. What exdata answers has a face of its own: nestjs-exdata/api.
export {
  ExdataApi,
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
} from './api/index.js';
export {
  exdataEnvironment,
  exdataSecretFromEnv,
  exdataSecretFromFile,
  exdataSecretFromProvider,
} from './config/index.js';
export type {
  ExdataAccountOptions,
  ExdataEnvironment,
  ExdataModuleOptions,
  ExdataSecretSource,
} from './config/index.js';
export { getExdataApiToken, InjectExdataApi } from './core/index.js';
export { EXDATA_CLOCK, EXDATA_DISPATCHER, EXDATA_MODE, exdataJobKinds, ExdataTransactions } from './dispatch/index.js';
export type {
  ExdataClock,
  ExdataDispatcher,
  ExdataJobRef,
  ExdataMode,
  ExdataWorkRef,
  ExdataWorkReport,
} from './dispatch/index.js';
export {
  EXDATA_ALERTS,
  ExdataAccounts,
  ExdataDocumentEvent,
  ExdataDocumentService,
  exdataDocumentStates,
  ExdataHandlerRun,
  ExdataInputError,
  ExdataLink,
  ExdataNotSubmittedError,
  ExdataWaitTimeoutError,
  OnExdataDocument,
} from './documents/index.js';
export type {
  ExdataAccount,
  ExdataAlert,
  ExdataAlerts,
  ExdataDocumentContext,
  ExdataDocumentProblem,
  ExdataDocumentState,
  ExdataHold,
  ExdataLinkPage,
  ExdataLinkQuery,
  ExdataSource,
} from './documents/index.js';
export { ExdataEnvironmentModule, ExdataLiveModule, ExdataTestModule } from './exdata.environment-modules.js';
export type {
  ExdataEnvironmentOptions,
  ExdataModuleAsyncOptions,
  ExdataModuleExtras,
  ExdataOptionsFactory,
} from './exdata.module-definition.js';
export { ExdataModule } from './exdata.module.js';
export { exdataDeadLetterReasons, ExdataHandlers } from './handlers/index.js';
export type { ExdataRegisteredHandler } from './handlers/index.js';
export { exdataEntities, exdataMigrations } from './persistence/index.js';
export {
  EXDATA_FILE_READER,
  EXDATA_SPOOL,
  ExdataDatabaseError,
  ExdataEvents,
  ExdataFileError,
  ExdataFileReading,
  ExdataResubmitError,
  ExdataSourceConflictError,
  ExdataSpoolError,
  ExdataUploadErrorsFilter,
  exdataUploadRefusalOf,
  ExdataUploadService,
} from './uploads/index.js';
export type {
  ExdataFileReader,
  ExdataResubmit,
  ExdataSpool,
  ExdataSpooled,
  ExdataSubmission,
  ExdataSubmit,
  ExdataUploadProgress,
  ExdataUploadRefusal,
} from './uploads/index.js';
export {
  ExdataDelivery,
  ExdataDeliveryNotFoundError,
  exdataDeliveryOf,
  exdataDeliveryOutcomes,
  ExdataDeliveryRun,
  ExdataDeliveryService,
  ExdataDeliveryStateError,
  ExdataInboxUnavailableException,
  ExdataWebhookGuard,
  ExdataWebhookRefusal,
  ExdataWebhookSecrets,
  OnExdataDelivery,
} from './webhooks/index.js';
export type {
  ExdataDeliveryContext,
  ExdataDeliveryDetails,
  ExdataDeliveryPage,
  ExdataDeliveryQuery,
  ExdataErasure,
  ExdataRedriveReport,
  ExdataSecretReport,
  ExdataVerifiedDelivery,
  ExdataWebhookRequest,
} from './webhooks/index.js';
