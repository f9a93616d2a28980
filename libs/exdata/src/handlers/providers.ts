import type { Provider } from '@nestjs/common';
import { AbsentHandlers } from './absent-handlers.js';
import { HandlerScan } from './handler-scan.js';
import { HandlerWatch } from './handler-watch.js';
import { ExdataHandlers } from './handlers.service.js';
import { LocalHandlers } from './local-handlers.js';
import { OfferJob } from './offer.job.js';
import { RegisteredHandlers } from './registered-handlers.js';
import { WaitingRuns } from './waiting-runs.js';

/** What is known of the handlers of all processes. */
export const handlerProviders: Provider[] = [
  HandlerScan,
  LocalHandlers,
  RegisteredHandlers,
  WaitingRuns,
  AbsentHandlers,
  OfferJob,
  HandlerWatch,
  ExdataHandlers,
];
