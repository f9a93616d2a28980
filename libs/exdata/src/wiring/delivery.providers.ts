import type { Provider } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { EXDATA_CONFIG } from '../config/index.js';
import type { ExdataConfig } from '../config/index.js';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, ExdataTransactions, WorkService } from '../dispatch/index.js';
import type { Clock } from '../dispatch/index.js';
import { AccountReads, AlertBook, DocumentHistory, DocumentLedger, ExdataAccounts, HandlerCalls } from '../documents/index.js';
import { ExdataLog } from '../telemetry/index.js';
import {
  ConflictingIds,
  DeadLetters,
  DeliveryEnd,
  DeliveryHandlers,
  DeliveryJob,
  DeliveryRunJob,
  DeliveryRuns,
  DocumentReads,
  Erasure,
  ExdataDeliveries,
  PendingUploads,
  SeenBodies,
} from '../webhooks/index.js';
import { make } from './make-provider.js';

/** For one attempt at a delivery, in milliseconds. */
const attemptMs = 30_000;

/** Wires the work on deliveries. */
export const deliveryProviders: Provider[] = [
  make(
    DocumentReads,
    [EXDATA_CONFIG, EXDATA_DATA_SOURCE, ExdataTransactions, EXDATA_CLOCK],
    ({ webhook }: ExdataConfig, ...parts: [DataSource, ExdataTransactions, Clock]) =>
      new DocumentReads(...parts, webhook.replayReadEveryMs),
  ),
  make(
    DeliveryEnd,
    [ExdataTransactions, AlertBook, WorkService, EXDATA_CLOCK, ExdataLog],
    (transactions: ExdataTransactions, alerts: AlertBook, work: WorkService, clock: Clock, log: ExdataLog) =>
      new DeliveryEnd({ transactions, alerts, work, clock, log }),
  ),
  DeliveryHandlers,
  make(
    DeliveryRuns,
    [DeliveryHandlers, ExdataTransactions, EXDATA_CLOCK],
    (...parts: [DeliveryHandlers, ExdataTransactions, Clock]) => new DeliveryRuns(...parts),
  ),
  make(
    DeliveryRunJob,
    [EXDATA_CONFIG, DeliveryHandlers, HandlerCalls, AlertBook, ExdataTransactions, WorkService, EXDATA_CLOCK, ExdataLog],
    (
      config: ExdataConfig,
      handlers: DeliveryHandlers,
      calls: HandlerCalls,
      alerts: AlertBook,
      transactions: ExdataTransactions,
      work: WorkService,
      clock: Clock,
      log: ExdataLog,
    ) => new DeliveryRunJob({ handlers, calls, alerts, transactions, work, clock, log }, config.work.handlerTimeoutMs),
  ),
  make(
    DeliveryJob,
    [
      EXDATA_CONFIG,
      EXDATA_DATA_SOURCE,
      AccountReads,
      DocumentReads,
      DeliveryRuns,
      DeliveryEnd,
      DocumentLedger,
      ExdataTransactions,
      WorkService,
      EXDATA_CLOCK,
      ExdataLog,
    ],
    (
      { webhook, work: { waitTotalMs } }: ExdataConfig,
      dataSource: DataSource,
      reads: AccountReads,
      shared: DocumentReads,
      runs: DeliveryRuns,
      ends: DeliveryEnd,
      ledger: DocumentLedger,
      transactions: ExdataTransactions,
      work: WorkService,
      clock: Clock,
      log: ExdataLog,
    ) =>
      new DeliveryJob(
        {
          dataSource,
          reads,
          seen: new SeenBodies(dataSource, transactions, clock),
          conflicts: new ConflictingIds(transactions, log),
          shared,
          runs,
          uploads: new PendingUploads(dataSource, clock),
          ends,
          ledger,
          transactions,
          work,
          clock,
        },
        { timeoutMs: attemptMs, believesPayload: webhook.confirm === 'payload', waitTotalMs },
      ),
  ),
  make(
    ExdataDeliveries,
    [ExdataAccounts, EXDATA_DATA_SOURCE, ExdataTransactions, DocumentHistory, WorkService, EXDATA_CLOCK, ExdataLog],
    (
      accounts: ExdataAccounts,
      dataSource: DataSource,
      transactions: ExdataTransactions,
      history: DocumentHistory,
      work: WorkService,
      clock: Clock,
      log: ExdataLog,
    ) => {
      const letters = new DeadLetters(dataSource, transactions, history, clock);
      const erasure = new Erasure(transactions, clock);
      return new ExdataDeliveries({ accounts, dataSource, letters, erasure, work, log });
    },
  ),
];
