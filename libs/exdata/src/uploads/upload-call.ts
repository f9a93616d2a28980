import { Injectable } from '@nestjs/common';
import { ExdataError } from '../api/index.js';
import type { ExdataCreateOptions, ExdataDocumentUpload, ExdataDocumentData, ExdataResult } from '../api/index.js';
import type { Attempt } from '../dispatch/index.js';
import type { ExdataLink } from '../documents/index.js';
import { ExdataAccounts } from '../documents/index.js';
import { DocumentBytes } from './document-bytes.js';
import { EXDATA_UPLOAD } from '../config/index.js';
import { Inject } from '../injection/index.js';

/** Makes the call that sends a document: the only place where an upload leaves. */
@Injectable()
export class UploadCall {
  constructor(
    @Inject(ExdataAccounts) private readonly accounts: ExdataAccounts,
    @Inject(DocumentBytes) private readonly bytes: DocumentBytes,
    @Inject(EXDATA_UPLOAD) private readonly settings: UploadCallSettings,
  ) {}

  /** How long it may take, in milliseconds. */
  get timeoutMs(): number {
    return this.settings.timeoutMs;
  }

  /**
   * @throws {ExdataError} what exdata answered, or what the way to it came to
   * @throws {SpoolReadError} when the spool did not give the bytes
   */
  async send({ row, signal }: Attempt<ExdataLink>): Promise<ExdataResult<ExdataDocumentData>> {
    const { api } = this.accounts.get(row.account);
    try {
      return await api.documents.create(this.#payload(row, signal), this.#options(row, signal));
    } catch (error) {
      throw error instanceof ExdataError ? await this.bytes.toldOf(row, error) : error;
    }
  }

  #payload(row: ExdataLink, signal: AbortSignal): ExdataDocumentUpload {
    return {
      file: this.bytes.fileOf(row, signal),
      filename: row.filename,
      contentType: row.contentType,
      requester: row.correlationId,
      ...(row.locale !== null && { locale: row.locale }),
      ...(row.customTypes !== null && { customTypes: row.customTypes }),
      ...(row.text !== null && { text: row.text }),
    };
  }

  #options(row: ExdataLink, signal: AbortSignal): ExdataCreateOptions {
    const { idempotencyKey } = row;
    return { idempotencyKey, signal, timeoutMs: this.timeoutMs, attempts: 1, onProgress: this.bytes.progressOf(row) };
  }
}

export interface UploadCallSettings {
  /** In milliseconds. */
  readonly timeoutMs: number;
}
