export { countAnswerOfOthers, countReceived, countHookFailure, countRefusal } from './counters.js';
export { ExdataLog } from './exdata-log.js';
export { ExdataLogLine } from './log-line.js';
export type { LifeIds } from './ids.js';
export { inSpan } from './spans.js';
export { countDelivery, countHandlerRun } from './work-counters.js';
