export type { ExdataAccountOptions, TokenOption, WebhookSecretOption, WebhookSecretsOption } from './account-options.js';
export type { ExdataAccountConfig, SecretsSource, TokenSource } from './accounts.js';
export { checkOptions, EXDATA_CONFIG } from './config.js';
export type { ExdataConfig } from './config.js';
export { exdataEnvironment, exdataLiveConfig, exdataTestConfig } from './environment.js';
export type { ExdataEnvironment, ExdataEnvironmentAccount } from './environment.js';
export type { ExdataModuleOptions } from './options.js';
export { fromEnv, fromFile, fromProvider } from './secret-source.js';
export type { ReadSecret, SecretSource } from './secret-source.js';
