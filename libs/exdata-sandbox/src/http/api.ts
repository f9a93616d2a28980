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
import { ApiProblem } from './problem.js';
import type { Reply } from './reply.js';

interface ApiOptions {
  readonly store: DocumentStore;
  readonly processing: Processing;
  readonly uploads: Uploads;
  readonly readings: Readings;
  readonly limits: SandboxLimits;
}

type Operation = (exchange: Exchange, id: number) => Reply | Promise<Reply>;

/** One transparent pixel, for thumbnails and previews: the simulator renders nothing. */
const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNkYPhfDwAChwGA60e6kgAAAABJRU5ErkJggg==', 'base64');
const image: Reply = { status: 200, headers: { 'Content-Type': 'image/png' }, body: pixel };

/** The operations of the contract, section 1. */
export class Api {
  private readonly operations: readonly (readonly [string, RegExp, Operation])[] = [
    ['GET', /^\/ping$/, (exchange) => ({ status: 200, body: { data: { message: 'pong', mode: exchange.caller().mode } } })],
    ['GET', /^\/documents$/, (exchange) => this.list(exchange)],
    ['POST', /^\/documents$/, (exchange) => this.upload(exchange)],
    ['GET', /^\/documents\/([^/]+)$/, (exchange, id) => this.one(this.find(exchange, id, 'documents:read'))],
    ['DELETE', /^\/documents\/([^/]+)$/, (exchange, id) => this.remove(this.find(exchange, id, 'documents:write'))],
    ['GET', /^\/documents\/([^/]+)\/extractions$/, (exchange, id) => this.extractions(this.find(exchange, id, 'documents:read'))],
    ['GET', /^\/documents\/([^/]+)\/thumbnail$/, (exchange, id) => this.picture(this.find(exchange, id, 'documents:read'))],
    ['GET', /^\/documents\/([^/]+)\/previews$/, (exchange, id) => this.previews(this.find(exchange, id, 'documents:read'))],
    // A document has one preview, which has the document's own id.
    ['GET', /^\/previews\/([^/]+)$/, (exchange, id) => this.picture(this.find(exchange, id, 'documents:read'))],
  ];

  constructor(private readonly options: ApiOptions) {}

  /** @param path below `/api/v1` @throws {ApiProblem} */
  async answer(exchange: Exchange, path: string): Promise<Reply> {
    if (path.startsWith('/x402/')) throw new ApiProblem(404, 'not_implemented', 'The simulator does not play x402.');
    for (const [method, pattern, operation] of this.operations) {
      const match = pattern.exec(path);
      if (match !== null && method === exchange.method) return operation(exchange, parseId(match[1]));
    }
    exchange.caller();
    if (this.operations.some(([, pattern]) => pattern.test(path))) throw new ApiProblem(405, 'method_not_allowed', 'Method not allowed.');
    throw ApiProblem.notFound();
  }

  private async upload(exchange: Exchange): Promise<Reply> {
    const caller = exchange.caller('documents:write');
    const form = await readForm(exchange.request, this.options.limits).catch((error: unknown) => {
      if (error instanceof MalformedFormError) throw ApiProblem.validation({ file: ['The file field is required.', error.message] });
      throw error;
    });
    const { file, fields } = form;
    exchange.line.update({
      fields,
      file: file === undefined ? null : { filename: file.filename, contentType: file.contentType, size: file.size, sha256: file.sha256 },
    });
    return this.options.uploads.accept(caller, exchange.idempotencyKey, form);
  }

  private list(exchange: Exchange): Reply {
    const caller = exchange.caller('documents:read');
    const visible = this.options.store.list().filter((document) => document.account === caller.account && this.inMode(caller, document));
    return {
      status: 200,
      body: page(
        visible.map((document) => presentDocument(document, this.options.readings)),
        exchange,
      ),
    };
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
    if (fields === null && readings.extractionsBeforeCompletion === 'not_found') throw ApiProblem.notFound('There are no extractions yet.');
    const empty = fields === null || Object.keys(fields).length === 0;
    return { status: 200, body: { data: empty ? (readings.emptyMap === 'array' ? [] : {}) : fields }, documentId: id };
  }

  private previews({ id, status }: SandboxDocument): Reply {
    const previews = status === 'completed' ? [{ id, page: 1, content_type: 'image/png' }] : [];
    return { status: 200, body: { data: previews }, documentId: id };
  }

  private picture({ id, status }: SandboxDocument): Reply {
    if (status !== 'completed') throw ApiProblem.notFound('There is no picture yet.');
    return { ...image, documentId: id };
  }

  private find(exchange: Exchange, id: number, ability: Ability): SandboxDocument {
    const caller = exchange.caller(ability);
    const document = this.options.store.get(id);
    if (document === undefined) throw ApiProblem.notFound('There is no such document.');
    exchange.line.update({ documentId: id });
    if (document.account !== caller.account) {
      if (this.options.readings.wrongAccount === 403) throw new ApiProblem(403, 'forbidden', 'The document belongs to another account.');
      throw ApiProblem.notFound('There is no such document.');
    }
    if (!this.inMode(caller, document)) throw ApiProblem.notFound('There is no such document.');
    return document;
  }

  private inMode(caller: Caller, document: SandboxDocument): boolean {
    return this.options.readings.crossMode === 'visible' || caller.mode === document.mode;
  }
}

/** @returns NaN, which no document has, for what is no id */
function parseId(text = ''): number {
  return /^\d{1,15}$/.test(text) ? Number(text) : NaN;
}
