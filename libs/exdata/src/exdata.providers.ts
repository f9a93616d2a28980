import type { FactoryProvider, InjectionToken, Provider } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { ExdataApi, ExdataConfigurationError, ExdataError } from './api/index.js';
import { checkOptions, EXDATA_CONFIG } from './config/index.js';
import type { ExdataAccountConfig, ExdataConfig, ExdataModuleOptions } from './config/index.js';
import {
  Claims,
  EXDATA_CLOCK,
  EXDATA_DATA_SOURCE,
  EXDATA_DISPATCHER,
  EXDATA_RANDOM,
  ExdataTransactions,
  InProcessDispatcher,
  systemClock,
  Worker,
  WorkService,
} from './dispatch/index.js';
import type { Clock, Dispatcher, Random, RetrySchedule, WorkFault, WorkRow } from './dispatch/index.js';
import { DocumentLedger, ExdataDocument, ExdataDocumentService, HandlerJob, HandlerRegistry, PollJob } from './documents/index.js';
import { EXDATA_WEBHOOK_PATH, MODULE_OPTIONS_TOKEN } from './exdata.module-definition.js';
import { transactionsFor } from './persistence/index.js';
import { ExdataLog } from './telemetry/index.js';
import type { LifeIds } from './telemetry/index.js';
import { DirectorySpool, EXDATA_SPOOL, ExdataUploadService, UploadJob } from './uploads/index.js';
import type { Spool } from './uploads/index.js';
import { DeliveryJob, DeliveryStore, ExdataDelivery, EXDATA_WEBHOOK_SETTINGS, ExdataWebhookGuard, watchRawBody } from './webhooks/index.js';
import type { WebhookSettings } from './webhooks/index.js';

/** The one account there is as yet; rows carry it so that further ones find their place. */
const account = 'default';

function accountOf({ accounts }: ExdataConfig): ExdataAccountConfig {
  const found = accounts.find(({ name }) => name === account) ?? accounts[0];
  if (!found) throw new ExdataConfigurationError('ExdataModule has no account');
  return found;
}

export const EXDATA_RAW_BODY = Symbol.for('nestjs-exdata:raw-body');

/** A provider whose factory's parameters are told by the tokens, in order. */
function make<T>(provide: InjectionToken, inject: InjectionToken[], useFactory: FactoryProvider<T>['useFactory']): FactoryProvider<T> {
  return { provide, inject, useFactory };
}

const retryOf = ({ work }: ExdataConfig): RetrySchedule => ({
  firstMs: work.retryFirstMs,
  maxMs: work.retryMaxMs,
  totalMs: work.retryTotalMs,
});

function idsOf(row: WorkRow | undefined): LifeIds {
  if (row instanceof ExdataDocument) return { sourceType: row.sourceType, sourceId: row.sourceId, documentId: row.exdataId };
  return row instanceof ExdataDelivery ? { deliveryId: row.deliveryId, documentId: row.exdataId } : {};
}

const faultLog = (log: ExdataLog) => (fault: WorkFault) => {
  const { error, ref, retryAt, row } = fault;
  const code = error instanceof ExdataError ? error.code : error instanceof Error ? error.name : 'unknown';
  log.warn(
    'work.failed',
    { ...idsOf(row), requestId: error instanceof ExdataError ? error.requestId : undefined },
    { job: ref.job, row: ref.id, error: code, retryAt },
  );
};

const ground: Provider[] = [
  { provide: EXDATA_CLOCK, useValue: systemClock },
  { provide: EXDATA_RANDOM, useValue: Math.random },
  { provide: ExdataLog, useClass: ExdataLog },
  make(
    EXDATA_CONFIG,
    [MODULE_OPTIONS_TOKEN, EXDATA_CLOCK, ExdataLog],
    async (options: ExdataModuleOptions, clock: Clock, log: ExdataLog): Promise<ExdataConfig> => {
      const warn = (fault: string): void => log.warn('config.secret_not_renewed', {}, { fault });
      const checked = await checkOptions(options, { clock, warn, variables: process.env });
      if ('config' in checked) return checked.config;
      throw new ExdataConfigurationError(
        `ExdataModule cannot start with these options:\n${checked.faults.map((fault) => `  - ${fault}`).join('\n')}`,
      );
    },
  ),
  make(ExdataApi, [EXDATA_CONFIG, EXDATA_CLOCK, EXDATA_RANDOM], (config: ExdataConfig, clock: Clock, random: Random) => {
    const { baseUrl, token } = accountOf(config);
    const timers = { now: () => clock.now(), after: (ms: number, run: () => void) => clock.after(ms, run) };
    return new ExdataApi({ baseUrl, token, uploadTimeoutMs: config.upload.timeoutMs, random, ...timers });
  }),
  make(ExdataTransactions, [EXDATA_DATA_SOURCE], (dataSource: DataSource) => transactionsFor(dataSource)),
];

const dispatch: Provider[] = [
  make(EXDATA_DISPATCHER, [EXDATA_CONFIG], ({ work }: ExdataConfig) => new InProcessDispatcher(work.concurrency)),
  make(
    Claims,
    [EXDATA_DATA_SOURCE, ExdataTransactions],
    (dataSource: DataSource, transactions: ExdataTransactions) => new Claims(dataSource, transactions),
  ),
  make(
    WorkService,
    [EXDATA_CONFIG, Claims, ExdataTransactions, EXDATA_DISPATCHER, EXDATA_CLOCK, EXDATA_RANDOM, ExdataLog],
    (
      config: ExdataConfig,
      claims: Claims,
      transactions: ExdataTransactions,
      dispatcher: Dispatcher,
      clock: Clock,
      random: Random,
      log: ExdataLog,
    ) => {
      const { leaseMs, sweepEveryMs, drainMs } = config.work;
      const onFault = faultLog(log);
      const worker = new Worker(claims, transactions, clock, random, { leaseMs, retry: retryOf(config), poisonAfter: 3 }, onFault);
      return new WorkService(claims, worker, dispatcher, clock, { sweepEveryMs, sweepBatch: 100, drainMs }, onFault);
    },
  ),
];

const documents: Provider[] = [
  HandlerRegistry,
  make(
    DocumentLedger,
    [EXDATA_CONFIG, ExdataTransactions, HandlerRegistry, EXDATA_CLOCK, ExdataLog],
    (config: ExdataConfig, transactions: ExdataTransactions, handlers: HandlerRegistry, clock: Clock, log: ExdataLog) =>
      new DocumentLedger(transactions, handlers, clock, config.polling, log),
  ),
  make(
    ExdataDocumentService,
    [EXDATA_DATA_SOURCE, ExdataApi, DocumentLedger, ExdataTransactions, WorkService, EXDATA_CLOCK],
    (dataSource: DataSource, api: ExdataApi, ledger: DocumentLedger, transactions: ExdataTransactions, work: WorkService, clock: Clock) =>
      new ExdataDocumentService(account, dataSource, api, ledger, transactions, work, clock),
  ),
  make(
    PollJob,
    [EXDATA_CONFIG, ExdataApi, DocumentLedger, ExdataTransactions, WorkService, EXDATA_CLOCK],
    (config: ExdataConfig, api: ExdataApi, ledger: DocumentLedger, transactions: ExdataTransactions, work: WorkService, clock: Clock) =>
      new PollJob(api, ledger, transactions, work, clock, 30_000, config.polling.maxMs),
  ),
  make(
    HandlerJob,
    [EXDATA_CONFIG, ExdataApi, HandlerRegistry, DocumentLedger, ExdataTransactions, ExdataLog],
    (
      config: ExdataConfig,
      api: ExdataApi,
      handlers: HandlerRegistry,
      ledger: DocumentLedger,
      transactions: ExdataTransactions,
      log: ExdataLog,
    ) => new HandlerJob(api, handlers, ledger, transactions, log, config.work.handlerTimeoutMs),
  ),
];

const uploads: Provider[] = [
  make(
    EXDATA_SPOOL,
    [EXDATA_CONFIG, EXDATA_CLOCK],
    ({ upload }: ExdataConfig, clock: Clock) => new DirectorySpool(upload.spoolDirectory, clock),
  ),
  make(
    ExdataUploadService,
    [EXDATA_CONFIG, EXDATA_SPOOL, DocumentLedger, ExdataTransactions, WorkService, EXDATA_CLOCK],
    (config: ExdataConfig, spool: Spool, ledger: DocumentLedger, transactions: ExdataTransactions, work: WorkService, clock: Clock) =>
      new ExdataUploadService(account, config.upload.maxBytes, spool, ledger, transactions, work, clock),
  ),
  make(
    UploadJob,
    [EXDATA_CONFIG, ExdataApi, EXDATA_SPOOL, DocumentLedger, ExdataTransactions, WorkService, EXDATA_CLOCK, EXDATA_RANDOM, ExdataLog],
    (
      config: ExdataConfig,
      api: ExdataApi,
      spool: Spool,
      ledger: DocumentLedger,
      transactions: ExdataTransactions,
      ...rest: [WorkService, Clock, Random, ExdataLog]
    ) => {
      const { timeoutMs, keyLifetimeMs } = config.upload;
      return new UploadJob(api, spool, ledger, transactions, ...rest, { timeoutMs, keyLifetimeMs, retry: retryOf(config) });
    },
  ),
];

const webhooks: Provider[] = [
  ExdataWebhookGuard,
  make(EXDATA_WEBHOOK_SETTINGS, [EXDATA_CONFIG], (config: ExdataConfig): WebhookSettings => {
    const { webhook } = config;
    return {
      account,
      secrets: accountOf(config).webhookSecrets,
      maxBodyBytes: webhook.maxBodyBytes,
      window: { pastMs: webhook.pastToleranceMs, futureMs: webhook.futureToleranceMs },
    };
  }),
  make(
    EXDATA_RAW_BODY,
    [HttpAdapterHost, EXDATA_WEBHOOK_PATH, EXDATA_CONFIG],
    (host: HttpAdapterHost, path: string | false, config: ExdataConfig) => watchRawBody(host, path, config.webhook.maxBodyBytes),
  ),
  make(
    DeliveryStore,
    [ExdataTransactions, EXDATA_CLOCK],
    (transactions: ExdataTransactions, clock: Clock) => new DeliveryStore(account, transactions, clock),
  ),
  make(
    DeliveryJob,
    [EXDATA_DATA_SOURCE, ExdataApi, DocumentLedger, ExdataTransactions, WorkService, EXDATA_CLOCK, ExdataLog],
    (...parts: [DataSource, ExdataApi, DocumentLedger, ExdataTransactions, WorkService, Clock, ExdataLog]) =>
      new DeliveryJob(...parts, 30_000),
  ),
];

/** Wires the rooms. */
export const exdataProviders: Provider[] = [...ground, ...dispatch, ...documents, ...uploads, ...webhooks];
