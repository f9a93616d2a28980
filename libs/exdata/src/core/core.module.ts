import { Global, Module } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { configProviders } from '../config/index.js';
import { dispatchProviders, ExdataModeModule } from '../dispatch/index.js';
import { AlertJob, documentProviders, PollJob, TokenWatch } from '../documents/index.js';
import { EXDATA_HANDLER_JOBS, handlerProviders, HandlerWatch, OfferJob } from '../handlers/index.js';
import { provide } from '../injection/index.js';
import { persistenceProviders } from '../persistence/index.js';
import { AccountJob, SpoolCleaning, UploadJob, uploadProviders } from '../uploads/index.js';
import {
  DeliveryJob,
  DeliveryStore,
  InboxRetention,
  SecretKeeper,
  StaleDeliveries,
  webhookProviders,
  WebhookRefusals,
} from '../webhooks/index.js';
import { behindFace } from './face.js';
import { groundProviders } from './ground.providers.js';
import { EXDATA_JOBS, EXDATA_LONG_RUNNING, ExdataLifeCycle } from './life-cycle.js';
import { oneInstance } from './one-instance.js';
import { StartChecks } from './start-checks.js';
import { StartReport } from './start-report.js';
import { TimedWork } from './timed-work.js';

const jobs = provide(
  EXDATA_JOBS,
  [UploadJob, DeliveryJob, PollJob, EXDATA_HANDLER_JOBS, OfferJob, AccountJob, AlertJob],
  (...all) => all.flat(),
);

/**
 * In their order of start; they are stopped from the last on. Senders are answered before the work that their
 * deliveries make is stopped; and what waits for a turn at the database is stopped after the work, which may hold the
 * connection.
 */
const longRunning = provide(
  EXDATA_LONG_RUNNING,
  [InboxRetention, SpoolCleaning, HandlerWatch, TimedWork, TokenWatch, DeliveryStore],
  (...all) => all,
);

/**
 * Holds all of exdata, once in an application; what forRoot and forRootAsync are given is laid into it. Hosts do not
 * see it: they import a face, which hands on what they may inject. It is global for the faces to find it, and for the
 * guard, which Nest makes where a controller of the host's uses it.
 */
@Global()
@Module({
  imports: [DiscoveryModule, ExdataModeModule],
  providers: [
    oneInstance,
    ...groundProviders,
    ...configProviders,
    ...dispatchProviders,
    ...persistenceProviders,
    ...handlerProviders,
    ...documentProviders,
    ...uploadProviders,
    ...webhookProviders,
    jobs,
    longRunning,
    StartChecks,
    StartReport,
    TimedWork,
    ExdataLifeCycle,
    ...behindFace,
  ],
  exports: [...behindFace, SecretKeeper, WebhookRefusals, StaleDeliveries],
})
export class ExdataCoreModule {}
