import type { Provider } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { EXDATA_CONFIG } from '../config/index.js';
import type { ExdataConfig } from '../config/index.js';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, EXDATA_RANDOM, ExdataTransactions, WorkService } from '../dispatch/index.js';
import type { Clock, Random } from '../dispatch/index.js';
import { AccountGate, AlertBook, DocumentHistory, DocumentLedger, ExdataAccounts, ExdataDocument } from '../documents/index.js';
import { ExdataLog } from '../telemetry/index.js';
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
} from '../uploads/index.js';
import type { UploadWriterParts } from '../uploads/index.js';
import { make } from './make-provider.js';
import { retryOf } from './retry-of.js';

/** What writes of uploads is made of. */
const EXDATA_UPLOAD_PARTS = Symbol.for('nestjs-exdata:upload-parts');

/** Wires submissions, sends and resubmissions. */
export const uploadProviders: Provider[] = [
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
