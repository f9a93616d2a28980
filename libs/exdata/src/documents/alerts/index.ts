export { AlertBook } from './alert-book.js';
export type { AlertEntry } from './alert-book.js';
export { ExdataAlertRow } from './alert.entity.js';
export { AlertJob } from './alert.job.js';
export { EXDATA_ALERTS } from './alert.js';
export type { ExdataAlert, ExdataAlerts } from './alert.js';
export { deadRun } from './dead-run.js';
export { alertProviders } from './providers.js';
