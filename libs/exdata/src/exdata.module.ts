import { Inject, Module } from '@nestjs/common';
import type { BeforeApplicationShutdown, OnApplicationBootstrap, OnApplicationShutdown } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { DataSource } from 'typeorm';
import { ExdataApi, ExdataConfigurationError } from './api/index.js';
import { EXDATA_CONFIG } from './config/index.js';
import type { ExdataConfig } from './config/index.js';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, EXDATA_DISPATCHER, ExdataTransactions, WorkService } from './dispatch/index.js';
import type { Dispatcher } from './dispatch/index.js';
import { AlertJob, ExdataAccounts, ExdataDocumentService, HandlerJob, PollJob } from './documents/index.js';
import { ConfigurableModuleClass, EXDATA_WEBHOOK_PATH } from './exdata.module-definition.js';
import { EXDATA_RAW_BODY, exdataProviders } from './wiring/index.js';
import { checkSchema } from './persistence/index.js';
import { ExdataLog } from './telemetry/index.js';
import { AccountJob, EXDATA_SPOOL, ExdataEvents, ExdataUploadService, SpoolCleaning, unsharedSpool, UploadJob } from './uploads/index.js';
import type { Spool } from './uploads/index.js';
import type { RawBodyWatch } from './webhooks/index.js';
import {
  DeliveryJob,
  DeliveryRunJob,
  DeliveryStore,
  EXDATA_WEBHOOK_SETTINGS,
  ExdataDeliveries,
  ExdataWebhookGuard,
  ExdataWebhookSecrets,
  InboxRetention,
  missingRawBody,
  SecretKeeper,
  StaleDeliveries,
  WebhookRefusals,
} from './webhooks/index.js';

/**
 * exdata for a Nest application: uploads that are sent once, webhooks that are lost never, handlers that run once.
 * Workers start at application bootstrap and are drained before shutdown.
 */
@Module({
  imports: [DiscoveryModule],
  providers: exdataProviders,
  exports: [
    ExdataUploadService,
    ExdataEvents,
    ExdataDocumentService,
    ExdataTransactions,
    ExdataAccounts,
    ExdataApi,
    ExdataWebhookGuard,
    ExdataWebhookSecrets,
    SecretKeeper,
    StaleDeliveries,
    WebhookRefusals,
    ExdataLog,
    WorkService,
    DeliveryStore,
    ExdataDeliveries,
    EXDATA_CLOCK,
    EXDATA_CONFIG,
    EXDATA_DATA_SOURCE,
    EXDATA_WEBHOOK_SETTINGS,
  ],
})
export class ExdataModule
  extends ConfigurableModuleClass
  implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown
{
  constructor(
    @Inject(WorkService) private readonly work: WorkService,
    @Inject(ExdataAccounts) private readonly accounts: ExdataAccounts,
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(EXDATA_CONFIG) private readonly config: ExdataConfig,
    @Inject(EXDATA_DISPATCHER) private readonly dispatcher: Dispatcher,
    @Inject(EXDATA_SPOOL) private readonly spool: Spool,
    @Inject(SpoolCleaning) private readonly cleaning: SpoolCleaning,
    @Inject(EXDATA_WEBHOOK_PATH) private readonly webhookPath: string | false,
    @Inject(EXDATA_RAW_BODY) private readonly keepsRawBody: RawBodyWatch,
    @Inject(DeliveryStore) private readonly inbox: DeliveryStore,
    @Inject(InboxRetention) private readonly retention: InboxRetention,
    @Inject(UploadJob) uploads: UploadJob,
    @Inject(DeliveryJob) deliveries: DeliveryJob,
    @Inject(DeliveryRunJob) deliveryHandlers: DeliveryRunJob,
    @Inject(PollJob) polls: PollJob,
    @Inject(HandlerJob) handlers: HandlerJob,
    @Inject(AccountJob) holds: AccountJob,
    @Inject(AlertJob) alerts: AlertJob,
  ) {
    super();
    work.register(uploads);
    work.register(deliveries);
    work.register(deliveryHandlers);
    work.register(polls);
    work.register(handlers);
    work.register(holds);
    work.register(alerts);
  }

  async onApplicationBootstrap(): Promise<void> {
    if (this.webhookPath !== false && this.keepsRawBody() === false)
      throw new ExdataConfigurationError(`ExdataModule cannot receive webhooks: ${missingRawBody}`);
    const lack = await checkSchema(this.dataSource);
    if (lack !== null) throw new ExdataConfigurationError(`ExdataModule cannot use the database: ${lack}`);
    if (this.dispatcher.shared && !this.spool.shared && !this.config.upload.spoolShared)
      throw new ExdataConfigurationError(`ExdataModule cannot let other processes send: ${unsharedSpool}`);
    await this.cleaning.start();
    await this.work.start();
    this.retention.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.inbox.drain();
    await this.work.stop();
    await this.cleaning.stop();
    await this.retention.stop();
  }

  async onApplicationShutdown(): Promise<void> {
    await this.accounts.close();
  }
}
