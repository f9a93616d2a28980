import type { Provider } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import { EXDATA_CONFIG, EXDATA_WEBHOOK } from '../config/index.js';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, EXDATA_MODE, ExdataTransactions } from '../dispatch/index.js';
import { provide } from '../injection/index.js';
import { ExdataLog } from '../telemetry/index.js';
import { AnswersOfOthers } from './answers/answers-of-others.js';
import { Door } from './bodies/body-keeping.js';
import { BodyReader } from './bodies/body-reader.js';
import { EXDATA_HTTP_WATCH, watchHttp } from './bodies/raw-body.js';
import { UnverifiedBodies } from './bodies/unverified-bodies.js';
import { deliveryProviders } from './deliveries/providers.js';
import { DeliveryJob } from './delivery.job.js';
import { DeliveryReception } from './delivery-reception.js';
import { DeliveryStore } from './delivery.store.js';
import { GroupCommit, InboxRetention } from './inbox/index.js';
import { PruningFaults } from './pruning-faults.js';
import { SecretKeeper } from './secret-keeper.js';
import { DeliverySorting } from './sorting/delivery-sorting.js';
import { StaleDeliveries } from './stale-deliveries.js';
import { StoredDeliveries } from './stored-deliveries.js';
import { UnstoredDeliveries } from './unstored-deliveries.js';
import { WebhookRefusals } from './webhook-refusals.js';
import { ExdataWebhookSecrets } from './webhook-secrets.service.js';
import { EXDATA_WEBHOOK_PATH, EXDATA_WEBHOOK_SETTINGS, webhookSettingsOf } from './webhook-settings.js';
import { ExdataWebhookGuard } from './webhook.guard.js';

/** The intake of deliveries, their inbox, and the work on them. */
export const webhookProviders: Provider[] = [
  provide(EXDATA_WEBHOOK_SETTINGS, [EXDATA_CONFIG], webhookSettingsOf),
  provide(SecretKeeper, [EXDATA_CONFIG, EXDATA_CLOCK, ExdataLog], ({ accounts }, clock, log) =>
    SecretKeeper.open(accounts, clock, log),
  ),
  provide(
    BodyReader,
    [EXDATA_WEBHOOK, EXDATA_CLOCK],
    (webhook, clock) => new BodyReader(new UnverifiedBodies(clock, webhook.unverifiedBytes), webhook, clock),
  ),
  provide(Door, [WebhookRefusals, EXDATA_WEBHOOK], (refusals, { inbox }) => new Door(refusals, inbox.retryAfterMs)),
  provide(
    EXDATA_HTTP_WATCH,
    [HttpAdapterHost, EXDATA_WEBHOOK_PATH, BodyReader, Door, AnswersOfOthers, ExdataLog],
    (host: HttpAdapterHost, path, reader, door, answers, log) => watchHttp(host, path, { reader, door, answers, log }),
  ),
  AnswersOfOthers,
  ExdataWebhookGuard,
  ExdataWebhookSecrets,
  WebhookRefusals,
  StaleDeliveries,
  GroupCommit,
  UnstoredDeliveries,
  StoredDeliveries,
  DeliveryStore,
  DeliveryReception,
  PruningFaults,
  provide(
    InboxRetention,
    [EXDATA_DATA_SOURCE, ExdataTransactions, EXDATA_CLOCK, EXDATA_WEBHOOK, PruningFaults, EXDATA_MODE],
    (dataSource, transactions, clock, webhook, faults, mode) =>
      new InboxRetention(dataSource, transactions, clock, webhook, (error) => faults.note(error), mode),
  ),
  DeliverySorting,
  DeliveryJob,
  ...deliveryProviders,
];
