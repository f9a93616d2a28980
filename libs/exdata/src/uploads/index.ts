export { DirectorySpool } from './directory-spool.js';
export { ExdataFileError, ExdataSourceConflictError } from './errors.js';
export { EXDATA_SPOOL, SpoolLimitError } from './spool.js';
export type { Spool, Spooled } from './spool.js';
export type { UploadFile } from './upload-file.js';
export type { ExdataSubmit } from './upload-input.js';
export { UploadJob } from './upload.job.js';
export { ExdataUploadService } from './upload.service.js';
export type { ExdataSubmission } from './upload.service.js';
