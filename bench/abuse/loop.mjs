/** How long a process keeps its event loop from turning. */
import { monitorEventLoopDelay, PerformanceObserver } from 'node:perf_hooks';
import { Controller, Get } from '@nestjs/common';

/** What Kubernetes asks, and a host answers without a look at anything. */
export class LiveController {
  live() {
    return { status: 'ok' };
  }
}
Get()(LiveController.prototype, 'live', Object.getOwnPropertyDescriptor(LiveController.prototype, 'live') ?? {});
Controller('health/live')(LiveController);

/**
 * @typedef {{ longest: number, p999: number, collected: number }} Delays milliseconds; `collected` is the longest pause
 * of the garbage collector among them
 */

/** What a process answers that watches its loop once it is asked to: until then that takes nothing. */
export function watchedLoop() {
  const delays = monitorEventLoopDelay({ resolution: 1 });
  let collected = 0;
  const pauses = new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) collected = Math.max(collected, duration);
  });
  return {
    watch: () => {
      pauses.observe({ entryTypes: ['gc'] });
      delays.enable();
      delays.reset();
      collected = 0;
    },
    /** @returns {Delays} */
    delays: () => ({ longest: delays.max / 1e6, p999: delays.percentile(99.9) / 1e6, collected }),
  };
}
