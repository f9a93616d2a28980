import { bodyOf, protocolError } from './answer-data.js';
import type { CallRunner } from './call-runner.js';
import type { ExdataResult, ExdataListOptions } from './calls.js';
import type { ExdataDocumentData } from './document-data.js';
import { ExdataRequestError } from './errors.js';
import type { ExdataProtocolError } from './errors.js';
import { listedDocuments, nextPage } from './list-page.js';
import type { ListedDocuments } from './list-page.js';
import { listDocuments } from './operations.js';
import { PageTrail } from './page-trail.js';
import type { Settings } from './settings.js';

/** One answer of a listing. */
export interface ExdataDocumentPage extends ExdataResult<readonly ExdataDocumentData[]> {
  /** What stood between the documents without an id or a status, as exdata sent it. */
  readonly unreadable: ListedDocuments['unreadable'];
}

/**
 * The account's documents, page by page; nothing is asked for before the first is wanted, and each iteration begins
 * anew. In what order exdata lists them is not documented, and a document may come twice when others arrive meanwhile.
 */
export class ExdataDocumentList implements AsyncIterable<ExdataDocumentData> {
  readonly #runner: CallRunner;
  readonly #settings: Settings;
  readonly #options: ExdataListOptions;

  /**
   * Made by `ExdataDocumentsApi`.
   * @throws {ExdataRequestError} for `maxPages`
   */
  constructor(runner: CallRunner, settings: Settings, options: ExdataListOptions) {
    this.#runner = runner;
    this.#settings = settings;
    this.#options = options;
    const { maxPages = 1 } = options;
    if (!Number.isSafeInteger(maxPages) || maxPages < 1)
      throw new ExdataRequestError('maxPages', 'must be a whole number of pages above 0');
  }

  /**
   * Each document; what cannot be read as one is passed over: see {@link pages}.
   * @throws {ExdataError} as {@link pages}
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<ExdataDocumentData, void, undefined> {
    for await (const { data } of this.pages()) yield* data;
  }

  /**
   * Each page as it comes. Where the way on is at fault, the page that points there comes first.
   * @throws {ExdataProtocolError} `paging_elsewhere` when the next page is at another origin, `paging_loop`,
   * `paging_too_long`; {@link ExdataError} for the rest
   */
  async *pages(): AsyncGenerator<ExdataDocumentPage, void, undefined> {
    const { origin, basePath } = this.#settings;
    const start = new URL(`${origin}${basePath}/documents`);
    const trail = new PageTrail(start, this.#options.maxPages ?? 10_000);
    for (let at: URL | undefined = start; at !== undefined;) {
      const { data, ...answer } = await this.#page(at, trail);
      yield { ...answer, data: data.documents, unreadable: data.unreadable };
      const { sentRequestId } = answer;
      if (data.fault)
        throw data.fault.withCall({ sentRequestId, attempts: [], mayHaveCreatedDocument: false, resend: 'no' });
      at = data.next;
    }
  }

  #page(at: URL, trail: PageTrail): Promise<ExdataResult<Page>> {
    const operation = listDocuments;
    return this.#runner.run({
      operation,
      target: `${at.pathname}${at.search}`,
      options: this.#options,
      defaultTimeoutMs: this.#settings.timeoutMs,
      read: async (answer): Promise<Page> => {
        const { next, ...listed } = await bodyOf(answer, { operation }, async (body) => {
          return { ...(await listedDocuments(body)), next: nextPage(body, at) };
        });
        const fault = trail.fault(
          listed.documents.map(({ id }) => id),
          next,
        );
        if (fault) return { ...listed, fault: protocolError(answer, { operation }, { ...fault, retryable: false }) };
        return { ...listed, next: next ?? undefined };
      },
    });
  }
}

/** A page, and how it goes on. */
interface Page extends ListedDocuments {
  /** Undefined after the last one. */
  readonly next?: URL | undefined;
  readonly fault?: ExdataProtocolError;
}
