import type { Provider } from '@nestjs/common';
import { provideValue } from '../injection/index.js';
import { AccountsLeft } from './accounts-left.js';
import { Births } from './births.js';
import { Claims } from './claims.js';
import { EXDATA_CLOCK, EXDATA_RANDOM, systemClock } from './clock.js';
import { FailedAttempts } from './failed-attempts.js';
import { LastTime } from './last-time.js';
import { Leases } from './leases.js';
import { Retries } from './retries.js';
import { Waker } from './waker.js';
import { WorkService } from './work.service.js';
import { Worker } from './worker.js';
import { Writes } from './writes.js';

export const dispatchProviders: Provider[] = [
  provideValue(EXDATA_CLOCK, systemClock),
  provideValue(EXDATA_RANDOM, Math.random),
  AccountsLeft,
  Births,
  Claims,
  Waker,
  Writes,
  LastTime,
  Retries,
  Leases,
  FailedAttempts,
  Worker,
  WorkService,
];
