export const EXDATA_BULL_OPTIONS = Symbol.for('nestjs-exdata:bull-options');

/** Makes the dispatcher over the registered queues. */
export const EXDATA_BULL_LINES = Symbol.for('nestjs-exdata:bull-lines');
