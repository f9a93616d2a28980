export { checkOptions, EXDATA_CONFIG } from './config.js';
export type { CheckedOptions, ExdataConfig } from './config.js';
export type { ExdataModuleOptions } from './options.js';
