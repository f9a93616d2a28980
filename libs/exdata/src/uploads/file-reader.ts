import { token } from '../injection/index.js';
import type { ExdataByteStream } from './upload-file.js';

/** A file that lies where every process can read it, such as in an object store: it is not spooled. */
export interface FileReference {
  /**
   * What the {@link ExdataFileReader} opens it by, such as `s3://bucket/key`; at most 2,048 characters, kept in the
   * ledger.
   */
  readonly reference: string;
}

/** The host's way to files of its own: S3, GCS, Azure, a share. */
export interface ExdataFileReader {
  /**
   * Opens the file from its first byte, once to check it at `submit` and once for each attempt to send it; what it
   * throws may be tried again. The bytes must stay the same until the document has been sent: an attempt with others
   * ends before it counts.
   * @param signal aborted when the bytes are no longer wanted
   */
  open(reference: string, options: { readonly signal: AbortSignal }): ExdataByteStream | Promise<ExdataByteStream>;
}

/** Bind an {@link ExdataFileReader} to this token, in `providers` of the module, to submit files by `{ reference }`. */
export const EXDATA_FILE_READER = token<ExdataFileReader>('file-reader');
