import type { Provider } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { EXDATA_CONFIG } from '../config/index.js';
import type { ExdataConfig } from '../config/index.js';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, ExdataTransactions } from '../dispatch/index.js';
import type { Clock } from '../dispatch/index.js';
import { errorName, make } from './make-provider.js';
import { ExdataLog } from '../telemetry/index.js';
import {
  DatabaseSpool,
  DirectorySpool,
  DocumentBytes,
  EXDATA_FILE_READER,
  EXDATA_SPOOL,
  ExdataEvents,
  ProgressReports,
  SpoolCleaning,
  SpoolNotes,
  UploadIntake,
} from '../uploads/index.js';
import type { ExdataFileReader, Spool } from '../uploads/index.js';

/** Wires what reads, keeps and watches the bytes of documents. */
export const fileProviders: Provider[] = [
  make(
    EXDATA_SPOOL,
    [EXDATA_CONFIG, EXDATA_DATA_SOURCE, ExdataTransactions, EXDATA_CLOCK],
    ({ upload }: ExdataConfig, dataSource: DataSource, transactions: ExdataTransactions, clock: Clock): Spool => {
      if (upload.spool === 'database') return new DatabaseSpool(dataSource, transactions, clock);
      return new DirectorySpool(upload.spoolDirectory, clock, new SpoolNotes(transactions, clock), upload.spoolShared);
    },
  ),
  make(ExdataEvents, [ExdataLog], (log: ExdataLog) => {
    return new ExdataEvents((event, error) => log.warn('listener.failed', {}, { event, error: errorName(error) }));
  }),
  make(ProgressReports, [ExdataEvents, EXDATA_CLOCK], (events: ExdataEvents, clock: Clock) => new ProgressReports(events, clock)),
  make(
    DocumentBytes,
    [EXDATA_SPOOL, { token: EXDATA_FILE_READER, optional: true }, ExdataTransactions, ProgressReports],
    (spool: Spool, reader: ExdataFileReader | undefined, transactions: ExdataTransactions, progress: ProgressReports) =>
      new DocumentBytes(spool, reader ?? null, transactions, progress),
  ),
  make(
    SpoolCleaning,
    [DocumentBytes, EXDATA_CLOCK, ExdataLog],
    (bytes: DocumentBytes, clock: Clock, log: ExdataLog) =>
      new SpoolCleaning(bytes, clock, (error) => log.warn('spool.cleaning_failed', {}, { error: errorName(error) })),
  ),
  make(
    UploadIntake,
    [EXDATA_SPOOL, { token: EXDATA_FILE_READER, optional: true }, EXDATA_CONFIG],
    (spool: Spool, reader: ExdataFileReader | undefined, { upload }: ExdataConfig) => new UploadIntake(spool, reader ?? null, upload),
  ),
];
