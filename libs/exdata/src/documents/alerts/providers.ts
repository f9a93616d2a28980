import type { Provider } from '@nestjs/common';
import { provideExisting } from '../../injection/index.js';
import { AlertBook } from './alert-book.js';
import { AlertJob } from './alert.job.js';
import { EXDATA_ALERTS } from './alert.js';
import { AlertStorms } from './alert-storms.js';
import { LogAlerts } from './log-alerts.js';

export const alertProviders: Provider[] = [
  LogAlerts,
  provideExisting(EXDATA_ALERTS, LogAlerts),
  AlertStorms,
  AlertBook,
  AlertJob,
];
