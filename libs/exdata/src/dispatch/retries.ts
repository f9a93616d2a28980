import { Injectable } from '@nestjs/common';
import { EXDATA_CLOCK, EXDATA_RANDOM } from './clock.js';
import type { ExdataClock, Random } from './clock.js';
import { EXDATA_RETRY, retryDelay } from './retry-schedule.js';
import type { RetrySchedule } from './retry-schedule.js';
import { Inject } from '../injection/index.js';

/** Says when to try again what failed. */
@Injectable()
export class Retries {
  constructor(
    @Inject(EXDATA_RETRY) private readonly schedule: RetrySchedule,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(EXDATA_RANDOM) private readonly random: Random,
  ) {}

  /**
   * After how long, in milliseconds, an attempt is made after `failures` in a row, this one included; null where the
   * schedule has run out.
   */
  delayAfter(failures: number): number | null {
    return retryDelay(failures, this.schedule, this.random);
  }

  /** When to look again at what could not be begun (epoch ms). */
  soon(): number {
    return this.clock.now() + this.schedule.firstMs;
  }
}
