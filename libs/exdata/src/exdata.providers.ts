import type { Provider } from '@nestjs/common';
import { HttpAdapterHost } from '@nestjs/core';
import type { DataSource } from 'typeorm';
import { ExdataApi, ExdataConfigurationError, ExdataError } from './api/index.js';
import { checkOptions, EXDATA_CONFIG } from './config/index.js';
import type { ExdataConfig, ExdataModuleOptions } from './config/index.js';
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
import {
  AccountGate,
  AccountReads,
  AlertBook,
  AlertJob,
  DocumentHistory,
  DocumentLedger,
  DocumentRefusals,
  EXDATA_ALERTS,
  ExdataAccounts,
  ExdataDocument,
  ExdataDocumentService,
  HandlerJob,
  HandlerRegistry,
  HandlerRuns,
  LogAlerts,
  PollJob,
} from './documents/index.js';
import type { ExdataAlerts } from './documents/index.js';
import { fileProviders } from './exdata.file-providers.js';
import { EXDATA_WEBHOOK_PATH, MODULE_OPTIONS_TOKEN } from './exdata.module-definition.js';
import { errorName, make } from './make-provider.js';
import { transactionsFor } from './persistence/index.js';
import { ExdataLog } from './telemetry/index.js';
import type { LifeIds } from './telemetry/index.js';
import {
  AccountJob,
  DocumentBytes,
  ExdataUploadService,
  ProgressReports,
  Resubmission,
  UploadIntake,
  UploadJob,
  UploadRefusals,
  UploadWriter,
} from './uploads/index.js';
import type { UploadWriterParts } from './uploads/index.js';
import {
  DeliveryJob,
  DeliveryStore,
  ExdataDelivery,
  EXDATA_WEBHOOK_SETTINGS,
  ExdataWebhookGuard,
  ExdataWebhookSecrets,
  SecretKeeper,
  StaleDeliveries,
  WebhookRefusals,
  watchRawBody,
} from './webhooks/index.js';
import type { WebhookSettings } from './webhooks/index.js';

/** What writes of uploads is made of. */
const EXDATA_UPLOAD_PARTS = Symbol.for('nestjs-exdata:upload-parts');
export const EXDATA_RAW_BODY = Symbol.for('nestjs-exdata:raw-body');

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
  log.warn(
    'work.failed',
    { ...idsOf(row), requestId: error instanceof ExdataError ? error.requestId : undefined },
    { job: ref.job, row: ref.id, error: errorName(error), retryAt },
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
  make(
    ExdataAccounts,
    [EXDATA_CONFIG, EXDATA_CLOCK, EXDATA_RANDOM],
    ({ accounts, upload: { timeoutMs: uploadTimeoutMs } }: ExdataConfig, clock: Clock, random: Random) => {
      const timers = { now: () => clock.now(), after: (ms: number, run: () => void) => clock.after(ms, run) };
      return new ExdataAccounts(
        accounts.map(({ name, owner, baseUrl, token }) => {
          return { name, owner, api: new ExdataApi({ baseUrl, token, uploadTimeoutMs, random, ...timers }) };
        }),
      );
    },
  ),
  make(ExdataApi, [ExdataAccounts], (accounts: ExdataAccounts) => (accounts.find('default') ?? accounts.get(accounts.names[0])).api),
  make(ExdataTransactions, [EXDATA_DATA_SOURCE], (dataSource: DataSource) => transactionsFor(dataSource)),
];

const dispatch: Provider[] = [
  make(InProcessDispatcher, [EXDATA_CONFIG], ({ work }: ExdataConfig) => new InProcessDispatcher(work.concurrency)),
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
  { provide: EXDATA_ALERTS, inject: [ExdataLog], useFactory: (log: ExdataLog) => new LogAlerts(log) },
  make(AlertBook, [EXDATA_CLOCK], (clock: Clock) => new AlertBook(clock)),
  make(
    AlertJob,
    [EXDATA_ALERTS, ExdataAccounts, ExdataTransactions, ExdataLog],
    (...parts: [ExdataAlerts, ExdataAccounts, ExdataTransactions, ExdataLog]) => new AlertJob(...parts),
  ),
  make(
    AccountGate,
    [EXDATA_DATA_SOURCE, ExdataTransactions, AlertBook, EXDATA_CLOCK, EXDATA_CONFIG],
    (...[dataSource, transactions, alerts, clock, { holds }]: [DataSource, ExdataTransactions, AlertBook, Clock, ExdataConfig]) =>
      new AccountGate(dataSource, transactions, alerts, clock, holds.probeEveryMs),
  ),
  make(
    AccountReads,
    [ExdataAccounts, AccountGate, ExdataTransactions, WorkService, EXDATA_CLOCK],
    (...parts: [ExdataAccounts, AccountGate, ExdataTransactions, WorkService, Clock]) => new AccountReads(...parts),
  ),
  make(DocumentHistory, [EXDATA_CLOCK], (clock: Clock) => new DocumentHistory(clock)),
  make(HandlerRuns, [HandlerRegistry, EXDATA_CLOCK], (handlers: HandlerRegistry, clock: Clock) => new HandlerRuns(handlers, clock)),
  make(
    DocumentRefusals,
    [EXDATA_CONFIG, AccountGate, AlertBook, DocumentHistory, ExdataLog],
    ({ mode }: ExdataConfig, ...parts: [AccountGate, AlertBook, DocumentHistory, ExdataLog]) => new DocumentRefusals(mode, ...parts),
  ),
  make(
    DocumentLedger,
    [EXDATA_CONFIG, ExdataTransactions, AccountGate, AlertBook, DocumentHistory, DocumentRefusals, HandlerRuns, EXDATA_CLOCK, ExdataLog],
    (
      config: ExdataConfig,
      transactions: ExdataTransactions,
      gate: AccountGate,
      alerts: AlertBook,
      history: DocumentHistory,
      refusals: DocumentRefusals,
      handlerRuns: HandlerRuns,
      clock: Clock,
      log: ExdataLog,
    ) => new DocumentLedger({ transactions, gate, alerts, history, refusals, handlerRuns, clock, log }, config.polling),
  ),
  make(
    ExdataDocumentService,
    [ExdataAccounts, EXDATA_DATA_SOURCE, DocumentLedger, ExdataTransactions, WorkService, EXDATA_CLOCK],
    (...parts: [ExdataAccounts, DataSource, DocumentLedger, ExdataTransactions, WorkService, Clock]) => new ExdataDocumentService(...parts),
  ),
  make(
    PollJob,
    [EXDATA_CONFIG, AccountReads, DocumentLedger, ExdataTransactions, WorkService, EXDATA_CLOCK],
    (config: ExdataConfig, ...parts: [AccountReads, DocumentLedger, ExdataTransactions, WorkService, Clock]) =>
      new PollJob(...parts, 30_000, config.polling.maxMs),
  ),
  make(
    HandlerJob,
    [EXDATA_CONFIG, AccountReads, HandlerRegistry, DocumentHistory, ExdataTransactions, ExdataLog],
    (config: ExdataConfig, ...parts: [AccountReads, HandlerRegistry, DocumentHistory, ExdataTransactions, ExdataLog]) =>
      new HandlerJob(...parts, config.work.handlerTimeoutMs),
  ),
];

const uploads: Provider[] = [
  make(
    Resubmission,
    [UploadIntake, DocumentBytes, DocumentHistory, ExdataTransactions, WorkService, EXDATA_CLOCK],
    (...parts: [UploadIntake, DocumentBytes, DocumentHistory, ExdataTransactions, WorkService, Clock]) => new Resubmission(...parts),
  ),
  make(
    ExdataUploadService,
    [
      ExdataAccounts,
      UploadIntake,
      ProgressReports,
      DocumentHistory,
      Resubmission,
      AccountGate,
      ExdataTransactions,
      WorkService,
      EXDATA_CLOCK,
    ],
    (...parts: ConstructorParameters<typeof ExdataUploadService>) => new ExdataUploadService(...parts),
  ),
  make(
    EXDATA_UPLOAD_PARTS,
    [EXDATA_CONFIG, DocumentLedger, DocumentHistory, AccountGate, AlertBook, ExdataTransactions, EXDATA_CLOCK, EXDATA_RANDOM, ExdataLog],
    (
      config: ExdataConfig,
      ledger: DocumentLedger,
      history: DocumentHistory,
      gate: AccountGate,
      alerts: AlertBook,
      transactions: ExdataTransactions,
      clock: Clock,
      random: Random,
      log: ExdataLog,
    ): UploadWriterParts => ({ ledger, history, gate, alerts, transactions, clock, random, log, retry: retryOf(config) }),
  ),
  make(UploadWriter, [EXDATA_UPLOAD_PARTS], (parts: UploadWriterParts) => new UploadWriter(parts)),
  make(UploadRefusals, [EXDATA_UPLOAD_PARTS], (parts: UploadWriterParts) => new UploadRefusals(parts)),
  make(
    UploadJob,
    [
      EXDATA_CONFIG,
      EXDATA_DATA_SOURCE,
      ExdataAccounts,
      AccountGate,
      DocumentBytes,
      UploadWriter,
      UploadRefusals,
      WorkService,
      EXDATA_CLOCK,
    ],
    (
      { upload: { timeoutMs, keyLifetimeMs } }: ExdataConfig,
      dataSource: DataSource,
      accounts: ExdataAccounts,
      gate: AccountGate,
      bytes: DocumentBytes,
      writer: UploadWriter,
      refusals: UploadRefusals,
      ...rest: [WorkService, Clock]
    ) => {
      const isLinked = (name: string, exdataId: string): Promise<boolean> =>
        dataSource.manager.existsBy(ExdataDocument, { account: name, exdataId });
      return new UploadJob(accounts, gate, bytes, writer, refusals, isLinked, ...rest, { timeoutMs, keyLifetimeMs });
    },
  ),
  make(
    AccountJob,
    [EXDATA_DATA_SOURCE, AccountGate, DocumentHistory, ExdataTransactions, WorkService, EXDATA_CLOCK, ExdataLog],
    (...parts: [DataSource, AccountGate, DocumentHistory, ExdataTransactions, WorkService, Clock, ExdataLog]) => new AccountJob(...parts),
  ),
];

const webhooks: Provider[] = [
  ExdataWebhookGuard,
  make(EXDATA_WEBHOOK_SETTINGS, [EXDATA_CONFIG], ({ webhook, accounts }: ExdataConfig): WebhookSettings => {
    const { timestampCheck, pastToleranceMs: pastMs, futureToleranceMs: futureMs, ...rest } = webhook;
    const names = accounts.map(({ name }) => name);
    const [only, another] = names;
    const defaultAccount = names.includes('default') || another !== undefined ? 'default' : (only ?? 'default');
    return { ...rest, accounts: names, defaultAccount, window: timestampCheck ? { pastMs, futureMs } : null };
  }),
  make(SecretKeeper, [EXDATA_CONFIG, EXDATA_CLOCK, ExdataLog], ({ accounts }: ExdataConfig, clock: Clock, log: ExdataLog) =>
    SecretKeeper.open(accounts, clock, log),
  ),
  make(WebhookRefusals, [EXDATA_CLOCK, ExdataLog], (clock: Clock, log: ExdataLog) => new WebhookRefusals(clock, log)),
  make(
    StaleDeliveries,
    [ExdataTransactions, DocumentHistory, WorkService, PollJob, EXDATA_CLOCK, ExdataLog],
    (...[transactions, history, work, poll, clock, log]: [ExdataTransactions, DocumentHistory, WorkService, PollJob, Clock, ExdataLog]) =>
      new StaleDeliveries({ transactions, history, work, poll, clock, log }),
  ),
  make(
    ExdataWebhookSecrets,
    [EXDATA_DATA_SOURCE, SecretKeeper, EXDATA_CLOCK],
    (...parts: [DataSource, SecretKeeper, Clock]) => new ExdataWebhookSecrets(...parts),
  ),
  make(
    EXDATA_RAW_BODY,
    [HttpAdapterHost, EXDATA_WEBHOOK_PATH, EXDATA_WEBHOOK_SETTINGS, EXDATA_CLOCK, WebhookRefusals, ExdataLog],
    (host: HttpAdapterHost, path: string | false, ...rest: [WebhookSettings, Clock, WebhookRefusals, ExdataLog]) => {
      const [limits, clock, refusals, log] = rest;
      return watchRawBody(host, path, { limits, clock, refusals, log });
    },
  ),
  make(
    DeliveryStore,
    [ExdataTransactions, EXDATA_CLOCK],
    (transactions: ExdataTransactions, clock: Clock) => new DeliveryStore(transactions, clock),
  ),
  make(
    DeliveryJob,
    [EXDATA_DATA_SOURCE, AccountReads, DocumentLedger, ExdataTransactions, WorkService, EXDATA_CLOCK, ExdataLog],
    (...parts: [DataSource, AccountReads, DocumentLedger, ExdataTransactions, WorkService, Clock, ExdataLog]) =>
      new DeliveryJob(...parts, 30_000),
  ),
];

/** Wires the rooms. */
export const exdataProviders: Provider[] = [...ground, ...dispatch, ...documents, ...fileProviders, ...uploads, ...webhooks];
