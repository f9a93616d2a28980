import type { Provider } from '@nestjs/common';
import { EXDATA_WORK } from '../config/index.js';
import { EXDATA_CLOCK, Writes } from '../dispatch/index.js';
import { provide } from '../injection/index.js';
import { AbsentHandlers } from './absent-handlers.js';
import { HandlerCalls } from './handler-calls.js';
import { HandlerScan } from './handler-scan.js';
import { EXDATA_HANDLER_SUBJECTS } from './handler-subject.js';
import { HandlerWatch } from './handler-watch.js';
import { EXDATA_HANDLER_JOBS, HandlerJob } from './handler.job.js';
import { ExdataHandlers } from './handlers.service.js';
import { LocalHandlers } from './local-handlers.js';
import { OfferJob } from './offer.job.js';
import { RegisteredHandlers } from './registered-handlers.js';
import { WaitingRuns } from './waiting-runs.js';

/** What is known of the handlers of all processes, and the work on their runs. */
export const handlerProviders: Provider[] = [
  HandlerScan,
  LocalHandlers,
  RegisteredHandlers,
  WaitingRuns,
  AbsentHandlers,
  OfferJob,
  HandlerCalls,
  provide(
    EXDATA_HANDLER_JOBS,
    [EXDATA_HANDLER_SUBJECTS, LocalHandlers, HandlerCalls, Writes, EXDATA_CLOCK, EXDATA_WORK],
    (subjects, ...parts) => subjects.map((subject) => new HandlerJob(subject, ...parts)),
  ),
  HandlerWatch,
  ExdataHandlers,
];
