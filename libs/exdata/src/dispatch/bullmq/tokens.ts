export const EXDATA_BULLMQ_OPTIONS = Symbol.for('nestjs-exdata:bullmq-options');

/** Makes the dispatcher over the registered queues. */
export const EXDATA_BULLMQ_LINES = Symbol.for('nestjs-exdata:bullmq-lines');
