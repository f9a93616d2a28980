export { AccountJob } from './account.job.js';
export { DatabaseSpool } from './database-spool.js';
export { spoolChunkTable } from './spool-chunks.js';
export { DirectorySpool } from './directory-spool.js';
export { DocumentBytes } from './document-bytes.js';
export {
  ExdataDatabaseError,
  ExdataFileError,
  ExdataResubmitError,
  ExdataSourceConflictError,
  ExdataSpoolError,
} from './errors.js';
export { ExdataEvents } from './events.js';
export type { ExdataUploadProgress } from './events.js';
export { EXDATA_FILE_READER } from './file-reader.js';
export type { ExdataFileReader } from './file-reader.js';
export { ExdataFileReading } from './file-reading.js';
export { ExdataUploadErrorsFilter } from './http/upload-errors.filter.js';
export { exdataUploadRefusalOf } from './http/upload-refusal.js';
export type { ExdataUploadRefusal } from './http/upload-refusal.js';
export { ProgressReports } from './progress-reports.js';
export { SpoolCleaning } from './spool-cleaning.js';
export { ExdataSpoolRow } from './spool.entity.js';
export { SpoolNotes } from './spool-notes.js';
export { EXDATA_SPOOL, ExdataSpoolLimitError, ExdataSpoolSourceError, unsharedSpool } from './spool.js';
export type { ExdataSpool, ExdataSpooled } from './spool.js';
export type { ExdataUploadFile } from './upload-file.js';
export type { ExdataResubmit, ExdataSubmit } from './upload-input.js';
export { UploadIntake } from './upload-intake.js';
export { UploadJob } from './upload.job.js';
export { ExdataUploadService } from './upload.service.js';
export type { ExdataSubmission } from './submissions.js';
export { SpoolProbe } from './spool-probe.js';
export { uploadProviders } from './providers.js';
