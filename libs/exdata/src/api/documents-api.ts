import { dataOf, nothingOf } from './answer-data.js';
import type { Call } from './attempt.js';
import type { CallRunner } from './call-runner.js';
import type { ExdataCallOptions, ExdataCreateOptions, ExdataResult, ExdataListOptions } from './calls.js';
import { deleted } from './delete-answer.js';
import { parseDocument } from './document-data.js';
import type { ExdataDocumentData } from './document-data.js';
import { ExdataDocumentList } from './document-list.js';
import type { ExdataDocumentUpload } from './document-upload.js';
import { downloadOf } from './download.js';
import type { ExdataDownload } from './download.js';
import { parseExtraction } from './extraction.js';
import type { ExdataExtraction } from './extraction.js';
import { headerText } from './header-values.js';
import type { ExdataJson } from './json.js';
import { MultipartForm } from './multipart.js';
import {
  deleteDocument,
  getDocument,
  getDocumentThumbnail,
  listDocumentExtractions,
  listDocumentPreviews,
  uploadDocument,
} from './operations.js';
import type { Operation } from './operations.js';
import { parsePreviews } from './preview-data.js';
import type { ExdataPreview } from './preview-data.js';
import { throttled } from './progress.js';
import { resourceId } from './resource-id.js';
import type { Settings } from './settings.js';

/** The account's documents at exdata. */
export class ExdataDocumentsApi {
  readonly #runner: CallRunner;
  readonly #settings: Settings;

  /** Made by `ExdataApi`. */
  constructor(runner: CallRunner, settings: Settings) {
    this.#runner = runner;
    this.#settings = settings;
  }

  /**
   * All documents (exdata docs: GET /documents), from an iterable over documents or its `pages()`.
   * @throws {ExdataRequestError} for `maxPages`
   */
  list(call: ExdataListOptions = {}): ExdataDocumentList {
    return new ExdataDocumentList(this.#runner, this.#settings, call);
  }

  /**
   * Uploads a document (exdata docs: POST /documents). Each attempt opens the file anew and sends the same payload
   * under the same key; no key is ever made here.
   * @throws {ExdataError} see its subclasses; `resend` says whether to call again, `mayHaveCreatedDocument` whether
   * exdata may have the document all the same
   */
  async create(upload: ExdataDocumentUpload, call: ExdataCreateOptions): Promise<ExdataResult<ExdataDocumentData>> {
    const { basePath, newBoundary, now, uploadTimeoutMs } = this.#settings;
    const idempotencyKey = headerText('idempotencyKey', call.idempotencyKey, 255);
    const form = new MultipartForm(upload, newBoundary());
    const { onProgress } = call;
    return this.#runner.run({
      operation: uploadDocument,
      target: `${basePath}/documents`,
      options: call,
      defaultTimeoutMs: uploadTimeoutMs,
      upload: { form, idempotencyKey, progress: onProgress && (() => throttled(onProgress, now)) },
      read: (answer) => dataOf(answer, { operation: uploadDocument }, parseDocument),
    });
  }

  /**
   * The document as it stands (exdata docs: GET /documents/{document}).
   * @throws {ExdataNotFoundError} also for another account's; {@link ExdataError} for the rest
   */
  async get(id: string, call: ExdataCallOptions = {}): Promise<ExdataResult<ExdataDocumentData>> {
    return this.#runner.run(this.#reading(getDocument, id, '', call, parseDocument));
  }

  /**
   * Deletes the document at exdata (exdata docs: DELETE /documents/{document}). When a repeat finds it gone, it was
   * this call that deleted it.
   * @throws {ExdataNotFoundError} when it is not there at first, also for another account's; {@link ExdataError} for
   * the rest
   */
  async delete(id: string, call: ExdataCallOptions = {}): Promise<ExdataResult<void>> {
    return this.#runner.run({ ...this.#on(deleteDocument, id, '', call), read: nothingOf }).catch(deleted);
  }

  /**
   * The fields that were found (exdata docs: GET /documents/{document}/extractions). What exdata answers before the
   * document is `completed` is not documented.
   * @throws {ExdataNotFoundError} also for another account's; {@link ExdataError} for the rest
   */
  async extractions(id: string, call: ExdataCallOptions = {}): Promise<ExdataResult<ExdataExtraction>> {
    const reading = this.#on(listDocumentExtractions, id, '/extractions', call);
    const answered = { operation: listDocumentExtractions, documentId: id, whole: true };
    return this.#runner.run({ ...reading, read: (answer) => dataOf(answer, answered, parseExtraction) });
  }

  /**
   * A small picture of the document, as a stream (exdata docs: GET /documents/{document}/thumbnail). When there is one
   * is not documented.
   * @throws {ExdataNotFoundError} also when there is none (any more); {@link ExdataError} for the rest
   */
  async thumbnail(id: string, call: ExdataCallOptions = {}): Promise<ExdataResult<ExdataDownload>> {
    return this.#runner.run({ ...this.#on(getDocumentThumbnail, id, '/thumbnail', call), read: downloadOf });
  }

  /**
   * What previews there are (exdata docs: GET /documents/{document}/previews); `ExdataApi.preview` gets one.
   * @throws {ExdataNotFoundError} also for another account's; {@link ExdataError} for the rest
   */
  async previews(id: string, call: ExdataCallOptions = {}): Promise<ExdataResult<readonly ExdataPreview[]>> {
    return this.#runner.run(this.#reading(listDocumentPreviews, id, '/previews', call, parsePreviews));
  }

  #reading<T>(
    operation: Operation,
    documentId: string,
    below: string,
    options: ExdataCallOptions,
    parse: (data: ExdataJson) => T | Promise<T>,
  ): Call<T> {
    return {
      ...this.#on(operation, documentId, below, options),
      read: (answer) => dataOf(answer, { operation, documentId }, parse),
    };
  }

  #on(
    operation: Operation,
    documentId: string,
    below: string,
    options: ExdataCallOptions,
  ): Omit<Call<unknown>, 'read'> {
    const { basePath, timeoutMs } = this.#settings;
    const target = `${basePath}/documents/${resourceId(documentId)}${below}`;
    return { operation, target, documentId, options, defaultTimeoutMs: timeoutMs };
  }
}
