import type { Provider } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { EXDATA_CONFIG } from '../config/index.js';
import type { ExdataConfig } from '../config/index.js';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, ExdataTransactions, WorkService } from '../dispatch/index.js';
import type { Clock } from '../dispatch/index.js';
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
  ExdataDocumentService,
  HandlerCalls,
  HandlerJob,
  HandlerRegistry,
  HandlerRuns,
  HandlerScan,
  LogAlerts,
  PollJob,
} from '../documents/index.js';
import type { ExdataAlerts } from '../documents/index.js';
import { ExdataLog } from '../telemetry/index.js';
import { make } from './make-provider.js';

/** Wires the ledger of documents, the accounts' holds, the alerts and the handlers. */
export const documentProviders: Provider[] = [
  HandlerScan,
  HandlerRegistry,
  { provide: EXDATA_ALERTS, inject: [ExdataLog], useFactory: (log: ExdataLog) => new LogAlerts(log) },
  make(AlertBook, [ExdataTransactions, EXDATA_CLOCK], (...parts: [ExdataTransactions, Clock]) => new AlertBook(...parts)),
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
  make(HandlerCalls, [ExdataTransactions, ExdataLog], (...parts: [ExdataTransactions, ExdataLog]) => new HandlerCalls(...parts)),
  make(
    HandlerJob,
    [
      EXDATA_CONFIG,
      AccountReads,
      HandlerRegistry,
      HandlerCalls,
      DocumentHistory,
      AlertBook,
      ExdataTransactions,
      WorkService,
      EXDATA_CLOCK,
      ExdataLog,
    ],
    (
      { work: { handlerTimeoutMs, waitTotalMs } }: ExdataConfig,
      reads: AccountReads,
      handlers: HandlerRegistry,
      calls: HandlerCalls,
      history: DocumentHistory,
      alerts: AlertBook,
      transactions: ExdataTransactions,
      work: WorkService,
      clock: Clock,
      log: ExdataLog,
    ) => new HandlerJob({ reads, handlers, calls, history, alerts, transactions, work, clock, log }, handlerTimeoutMs, waitTotalMs),
  ),
];
