import { randomBytes, randomUUID } from 'node:crypto';
import type { Dispatcher } from 'undici';
import { z } from 'zod';
import type { ExdataDocumentData, ExdataExtraction } from './document-data.js';
import { parseDocument, parseExtraction } from './document-data.js';
import { multipartOf } from './multipart.js';
import type { DocumentUpload } from './multipart.js';
import { Transport } from './transport.js';
import type { CallOptions, ExdataResult } from './transport.js';
import { version } from './version.js';

export const exdataBaseUrl = 'https://www.exdata.app/api/v1';

export interface ExdataApiOptions {
  /** Default {@link exdataBaseUrl}. The token goes to this origin alone. */
  readonly baseUrl?: string;
  readonly token: string | (() => string | Promise<string>);
  readonly userAgent?: string;
  /** For a call that reads, in milliseconds; default 30,000. */
  readonly timeoutMs?: number;
  /** For an upload, in milliseconds; default 600,000. */
  readonly uploadTimeoutMs?: number;
  /** Default 5 MiB. */
  readonly maxResponseBytes?: number;
  /** Epoch ms. */
  readonly now?: () => number;
  readonly newRequestId?: () => string;
  /** undici's, for a proxy or own certificates. */
  readonly dispatcher?: Dispatcher;
}

export interface CreateOptions extends CallOptions {
  /** The same for each attempt of one upload; at most 255 characters (exdata docs: Idempotency). */
  readonly idempotencyKey: string;
}

const envelope = z.object({ data: z.unknown() });
const dataOf = (body: unknown): unknown => envelope.parse(body).data;

/** exdata's HTTP API. Needs nothing of Nest. Makes one attempt for each call; every failure is an {@link ExdataError} that says whether it may be repeated. */
export class ExdataApi {
  readonly #transport: Transport;
  readonly #uploadTimeoutMs: number;

  /** @throws {ExdataConfigurationError} when the base URL cannot be used */
  constructor(options: ExdataApiOptions) {
    const { token } = options;
    this.#uploadTimeoutMs = options.uploadTimeoutMs ?? 600_000;
    this.#transport = new Transport({
      baseUrl: options.baseUrl ?? exdataBaseUrl,
      token: typeof token === 'function' ? token : () => token,
      userAgent: options.userAgent ?? `nestjs-exdata/${version}`,
      timeoutMs: options.timeoutMs ?? 30_000,
      maxResponseBytes: options.maxResponseBytes ?? 5 * 1024 * 1024,
      now: options.now ?? Date.now,
      newRequestId: options.newRequestId ?? ((): string => `req_${randomUUID().replaceAll('-', '')}`),
      dispatcher: options.dispatcher,
    });
  }

  /** Whether exdata answers and takes the token (exdata docs: GET /ping). */
  ping(call: CallOptions = {}): Promise<ExdataResult<undefined>> {
    return this.#transport.send({ ...call, operation: 'ping', method: 'GET', path: ['ping'], read: () => undefined });
  }

  readonly documents = {
    /** Uploads a document (exdata docs: POST /documents). The stream is opened once; repeat the call with the same key to try again. */
    create: (upload: DocumentUpload, call: CreateOptions): Promise<ExdataResult<ExdataDocumentData>> =>
      this.#transport.send({
        timeoutMs: this.#uploadTimeoutMs,
        ...call,
        operation: 'uploadDocument',
        method: 'POST',
        path: ['documents'],
        upload: multipartOf(upload, `nxd-${randomBytes(18).toString('hex')}`),
        read: (body) => parseDocument(dataOf(body)),
      }),

    /** The document as it stands (exdata docs: GET /documents/{document}). */
    get: (id: string, call: CallOptions = {}): Promise<ExdataResult<ExdataDocumentData>> =>
      this.#transport.send({
        ...call,
        operation: 'getDocument',
        method: 'GET',
        path: ['documents', id],
        read: (body) => parseDocument(dataOf(body)),
      }),

    /** The fields that were found; of use once the document is completed (exdata docs: GET /documents/{document}/extractions). */
    extractions: (id: string, call: CallOptions = {}): Promise<ExdataResult<ExdataExtraction>> =>
      this.#transport.send({
        ...call,
        operation: 'listDocumentExtractions',
        method: 'GET',
        path: ['documents', id, 'extractions'],
        read: (body) => parseExtraction(dataOf(body)),
      }),
  };

  /** Ends the connections once the calls under way have ended. */
  close(): Promise<void> {
    return this.#transport.close();
  }
}
