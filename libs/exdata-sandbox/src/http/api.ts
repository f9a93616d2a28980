import type { Ability, Caller } from '../accounts/accounts.js';
import type { DocumentStore } from '../documents/document-store.js';
import { presentDocument, type SandboxDocument } from '../documents/document.js';
import type { Processing } from '../documents/processing.js';
import type { Uploads } from '../documents/uploads.js';
import type { SandboxLimits } from '../limits.js';
import type { Readings } from '../readings.js';
import type { Exchange } from './exchange.js';
import { MalformedFormError, readForm } from './multipart.js';
import { page } from './pages.js';
import { parsePreviewId, type Pictures } from './pictures.js';
import { ApiProblem } from './problem.js';
import type { Reply } from './reply.js';
import { isApi, isPath, isX402, type Operation } from './routes.js';

interface ApiOptions {
  readonly store: DocumentStore;
  readonly processing: Processing;
  readonly uploads: Uploads;
  readonly pictures: Pictures;
  readonly readings: Readings;
  readonly limits: SandboxLimits;
}

type Answer = (exchange: Exchange, id: string) => Reply | Promise<Reply>;

/** What each operation of the contract answers. */
export class Api {
  private readonly answers: Readonly<Record<Operation, Answer>> = {
    ping: (exchange) => this.ping(exchange),
    listDocuments: (exchange) => this.list(exchange),
    uploadDocument: (exchange) => this.upload(exchange),
    getDocument: (exchange, id) => this.one(this.find(exchange, id)),
    deleteDocument: (exchange, id) => this.remove(this.find(exchange, id, this.options.readings.deleteAbility)),
    listDocumentExtractions: (exchange, id) => this.extractions(this.find(exchange, id)),
    getDocumentThumbnail: (exchange, id) => this.options.pictures.show(this.find(exchange, id), 1, exchange.origin),
    listDocumentPreviews: (exchange, id) => this.options.pictures.list(this.find(exchange, id), exchange.origin),
    getPreview: (exchange, id) => this.preview(exchange, id),
  };

  constructor(private readonly options: ApiOptions) {}

  /** @throws {ApiProblem} */
  async answer(exchange: Exchange): Promise<Reply> {
    const { route, url } = exchange;
    if (route !== undefined) return this.answers[route.operation](exchange, route.id);
    if (isX402(url.pathname)) throw new ApiProblem(404, 'not_implemented', 'The simulator does not play x402.');
    const file = exchange.method === 'GET' ? this.options.pictures.serve(url.pathname) : undefined;
    if (file !== undefined) return file;
    if (isApi(url.pathname)) exchange.caller();
    if (isPath(url.pathname)) throw new ApiProblem(405, 'method_not_allowed', 'Method not allowed.');
    throw ApiProblem.notFound();
  }

  private ping(exchange: Exchange): Reply {
    const { pingAbility } = this.options.readings;
    const { mode } = exchange.caller(pingAbility === 'any' ? undefined : pingAbility);
    return { status: 200, body: { data: { message: 'pong', mode } } };
  }

  private async upload(exchange: Exchange): Promise<Reply> {
    const caller = exchange.caller('documents:write');
    const form = await readForm(exchange.body, exchange.request.headers, this.options.limits).catch(
      (error: unknown) => {
        if (error instanceof MalformedFormError)
          throw ApiProblem.validation({ file: ['The file field is required.', error.message] });
        throw error;
      },
    );
    const { file, fields } = form;
    exchange.line.update({
      fields,
      file:
        file === undefined
          ? null
          : { filename: file.filename, contentType: file.contentType, size: file.size, sha256: file.sha256 },
    });
    return this.options.uploads.accept(caller, exchange.idempotencyKey, form);
  }

  private list(exchange: Exchange): Reply {
    const { readings, store } = this.options;
    const caller = exchange.caller('documents:read');
    const visible = store
      .list()
      .filter((document) => document.account === caller.account && this.inMode(caller, document));
    const ordered = readings.listOrder === 'newest-first' ? visible : [...visible].reverse();
    const items = ordered.map((document) => presentDocument(document, readings, readings.listKeys));
    const { origin, url } = exchange;
    return { status: 200, body: page(items, { origin, path: url.pathname, query: url.searchParams }, readings) };
  }

  private one(document: SandboxDocument): Reply {
    return { status: 200, body: { data: presentDocument(document, this.options.readings) }, documentId: document.id };
  }

  private remove({ id }: SandboxDocument): Reply {
    this.options.processing.forget(id);
    this.options.store.delete(id);
    return { status: 204, documentId: id };
  }

  private extractions({ id, fields }: SandboxDocument): Reply {
    const { readings } = this.options;
    if (fields === null && readings.extractionsBeforeCompletion === 'not_found')
      throw ApiProblem.notFound('There are no extractions yet.');
    const empty = fields === null || Object.keys(fields).length === 0;
    return { status: 200, body: { data: empty ? (readings.emptyMap === 'array' ? [] : {}) : fields }, documentId: id };
  }

  private preview(exchange: Exchange, id: string): Reply {
    const { documentId, number } = parsePreviewId(id);
    return this.options.pictures.show(this.find(exchange, documentId), number, exchange.origin);
  }

  private find(exchange: Exchange, id: string, ability: Ability = 'documents:read'): SandboxDocument {
    const caller = exchange.caller(ability);
    const document = /^\d{1,15}$/.test(id) ? this.options.store.get(Number(id)) : undefined;
    if (document === undefined) throw ApiProblem.notFound('There is no such document.');
    exchange.line.update({ documentId: document.id });
    if (document.account !== caller.account) {
      if (this.options.readings.wrongAccount === 403)
        throw new ApiProblem(403, 'forbidden', 'The document belongs to another account.');
      throw ApiProblem.notFound('There is no such document.');
    }
    if (!this.inMode(caller, document)) throw ApiProblem.notFound('There is no such document.');
    return document;
  }

  private inMode(caller: Caller, document: SandboxDocument): boolean {
    return this.options.readings.crossMode === 'visible' || caller.mode === document.mode;
  }
}
