import { dataOf } from './answer-data.js';
import type { CallOptions, CreateOptions, ExdataResult } from './calls.js';
import { parseDocument } from './document-data.js';
import type { ExdataDocumentData } from './document-data.js';
import type { DocumentUpload } from './document-upload.js';
import { ExdataRequestError } from './errors.js';
import { parseExtraction } from './extraction.js';
import type { ExdataExtraction } from './extraction.js';
import { headerText } from './header-values.js';
import { MultipartBody } from './multipart.js';
import { getDocument, listDocumentExtractions, uploadDocument } from './operations.js';
import type { Operation } from './operations.js';
import type { Settings } from './settings.js';
import type { Transport } from './transport.js';

/** The account's documents at exdata. */
export class ExdataDocumentsApi {
  readonly #transport: Transport;
  readonly #settings: Settings;

  /** Made by `ExdataApi`. */
  constructor(transport: Transport, settings: Settings) {
    this.#transport = transport;
    this.#settings = settings;
  }

  /**
   * Uploads a document (exdata docs: POST /documents). One attempt: on an error that is `retryable`, call again with the same upload and the same key.
   * @throws {ExdataError} see its subclasses; `mayHaveCreatedDocument` says whether exdata may have the document all the same
   */
  async create(upload: DocumentUpload, call: CreateOptions): Promise<ExdataResult<ExdataDocumentData>> {
    const { newBoundary, uploadTimeoutMs } = this.#settings;
    const idempotencyKey = headerText('idempotencyKey', call.idempotencyKey, 255);
    const body = new MultipartBody(upload, { boundary: newBoundary(), onProgress: call.onProgress });
    const request = {
      operation: uploadDocument,
      path: ['documents'],
      options: call,
      defaultTimeoutMs: uploadTimeoutMs,
      upload: { idempotencyKey, body },
    };
    return dataOf(await this.#transport.send(request), request, parseDocument);
  }

  /**
   * The document as it stands (exdata docs: GET /documents/{document}).
   * @throws {ExdataNotFoundError} also for another account's; {@link ExdataError} for the rest
   */
  async get(id: string, call: CallOptions = {}): Promise<ExdataResult<ExdataDocumentData>> {
    return this.#read(getDocument, id, ['documents', id], call, parseDocument);
  }

  /**
   * The fields that were found (exdata docs: GET /documents/{document}/extractions). What exdata answers before the document is `completed` is not documented.
   * @throws {ExdataNotFoundError} also for another account's; {@link ExdataError} for the rest
   */
  async extractions(id: string, call: CallOptions = {}): Promise<ExdataResult<ExdataExtraction>> {
    return this.#read(listDocumentExtractions, id, ['documents', id, 'extractions'], call, parseExtraction);
  }

  async #read<T>(
    operation: Operation,
    documentId: string,
    path: string[],
    options: CallOptions,
    parse: (data: unknown) => T,
  ): Promise<ExdataResult<T>> {
    // Encoding leaves dots as they are, and a segment of dots alone would lead to another resource.
    if (!/^[\x21-\x7e]{1,255}$/.test(documentId) || /^\.+$/.test(documentId)) {
      throw new ExdataRequestError('id', 'must be a document id: 1 to 255 printable ASCII characters without spaces');
    }
    const request = { operation, documentId, path, options, defaultTimeoutMs: this.#settings.timeoutMs };
    return dataOf(await this.#transport.send(request), request, parse);
  }
}
