export type { ExdataAccountOptions } from './account-options.js';
export type { ExdataAccountConfig, SecretsSource } from './accounts.js';
export { EXDATA_OPTIONS } from './options.js';
export { checkOptions, EXDATA_CONFIG } from './config.js';
export type { ExdataConfig } from './config.js';
export { exdataEnvironment, exdataLiveConfig, exdataModeConfig, exdataTestConfig } from './environment.js';
export type { ExdataEnvironment } from './environment.js';
export {
  configProviders,
  EXDATA_HOLDS,
  EXDATA_INBOX,
  EXDATA_POLLING,
  EXDATA_UPLOAD,
  EXDATA_WEBHOOK,
  EXDATA_WORK,
} from './slices.js';
export type { ExdataModuleOptions } from './options.js';
export { exdataSecretFromEnv, exdataSecretFromFile, exdataSecretFromProvider } from './secret-source.js';
export type { ExdataSecretSource, ExdataWebhookSecret } from './secret-source.js';
