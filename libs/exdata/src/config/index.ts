export { checkOptions, EXDATA_CONFIG } from './config.js';
export type { ExdataConfig } from './config.js';
export type { ExdataModuleOptions } from './options.js';
