import type { Provider } from '@nestjs/common';
import { EXDATA_UPLOAD } from '../config/index.js';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, ExdataTransactions, FaultBook } from '../dispatch/index.js';
import { errorName } from '../documents/index.js';
import { provide } from '../injection/index.js';
import { ExdataLog } from '../telemetry/index.js';
import { AccountJob } from './account.job.js';
import { DatabaseSpool } from './database-spool.js';
import { DirectorySpool } from './directory-spool.js';
import { DocumentBytes } from './document-bytes.js';
import { ExdataEvents } from './events.js';
import { FileTaking } from './file-taking.js';
import { IntakeWatch } from './intake-watch.js';
import { KeptBack } from './kept-back.js';
import { LostAnswers } from './lost-answers.js';
import { ProgressReports } from './progress-reports.js';
import { RefusalLines } from './refusal-lines.js';
import { RefusedRow } from './refused-row.js';
import { Resubmission } from './resubmission.js';
import { SpoolCleaning } from './spool-cleaning.js';
import { SpoolNotes } from './spool-notes.js';
import { SpoolProbe } from './spool-probe.js';
import { EXDATA_SPOOL } from './spool.js';
import { Submissions } from './submissions.js';
import { UploadCall } from './upload-call.js';
import { UploadFailures } from './upload-failures.js';
import { UploadIntake } from './upload-intake.js';
import { UploadRefusals } from './upload-refusals.js';
import { UploadWaits } from './upload-waits.js';
import { UploadWriter } from './upload-writer.js';
import { UploadJob } from './upload.job.js';
import { ExdataUploadService } from './upload.service.js';

/** The bytes of documents, and their way to exdata. */
export const uploadProviders: Provider[] = [
  provide(
    EXDATA_SPOOL,
    [EXDATA_UPLOAD, EXDATA_DATA_SOURCE, ExdataTransactions, EXDATA_CLOCK],
    ({ spool, spoolDirectory, spoolShared, spoolBytes }, dataSource, transactions, clock) =>
      spool === 'database'
        ? new DatabaseSpool(dataSource, transactions, clock, spoolBytes)
        : new DirectorySpool(spoolDirectory, clock, new SpoolNotes(transactions, clock), spoolShared, spoolBytes),
  ),
  provide(SpoolCleaning, [DocumentBytes, EXDATA_CLOCK, FaultBook, ExdataLog], (bytes, clock, faults, log) => {
    const onFault = (error: unknown): void =>
      faults.note('spool', (count) => log.warn('spool.cleaning_failed', {}, { error: errorName(error), count }));
    return new SpoolCleaning(bytes, clock, onFault);
  }),
  provide(ExdataEvents, [FaultBook, ExdataLog], (faults, log) => {
    return new ExdataEvents((event, error) =>
      faults.note(
        'listener',
        (count) => log.warn('listener.failed', {}, { event, error: errorName(error), count }),
        event,
      ),
    );
  }),
  SpoolProbe,
  ProgressReports,
  DocumentBytes,
  UploadIntake,
  IntakeWatch,
  FileTaking,
  Submissions,
  Resubmission,
  ExdataUploadService,
  KeptBack,
  UploadWaits,
  UploadCall,
  UploadWriter,
  RefusedRow,
  RefusalLines,
  UploadRefusals,
  UploadFailures,
  LostAnswers,
  UploadJob,
  AccountJob,
];
