import type { ExdataConfig } from '../config/index.js';
import type { RetrySchedule } from '../dispatch/index.js';

/** One schedule for all work. */
export const retryOf = ({ work }: ExdataConfig): RetrySchedule => ({
  firstMs: work.retryFirstMs,
  maxMs: work.retryMaxMs,
  totalMs: work.retryTotalMs,
});
