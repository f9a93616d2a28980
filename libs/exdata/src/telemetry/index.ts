export { countReceived, countRefusal } from './counters.js';
export { ExdataLog } from './exdata-log.js';
export type { LifeIds } from './ids.js';
export { inSpan } from './spans.js';
export { countDelivery, countHandlerRun } from './work-counters.js';
export type { ExdataSpan } from './spans.js';
