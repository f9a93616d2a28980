import type { DataSource, FindOptionsWhere, SelectQueryBuilder } from 'typeorm';
import { And, In, LessThan, MoreThanOrEqual } from 'typeorm';
import type { ExdataExtraction } from '../api/index.js';
import type { Clock, ExdataTransactions, WorkService } from '../dispatch/index.js';
import type { ExdataAccounts } from './accounts/index.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { ExdataDocumentEvent } from './document-event.entity.js';
import type { DocumentLedger } from './document-ledger.js';
import type { DocumentState } from './document-state.js';
import { isSettled } from './document-state.js';
import { ExdataDocument } from './document.entity.js';
import { ExdataNotSubmittedError, ExdataWaitTimeoutError } from './errors.js';
import { checkId, checkSource } from './input.js';

/** What a document stands for in the host: a kind of thing and its id there. */
export interface ExdataSource {
  /** At most 64 characters, such as `invoice`. */
  readonly type: string;
  /** At most 255 characters. */
  readonly id: string;
  /** The account whose document it is; default the one called `default`, or the only one. */
  readonly account?: string;
}

export interface DocumentQuery {
  /** As in {@link ExdataSource}. */
  readonly account?: string;
  readonly sourceType?: string;
  readonly state?: DocumentState;
  /** `latest` (default): each source's document once, as it stands now. `all`: the generations that a later one has replaced too. */
  readonly generations?: 'latest' | 'all';
  /** The `next` of the page before. */
  readonly after?: string;
  /** At most 200; default 50. */
  readonly limit?: number;
}

export interface DocumentPage {
  readonly data: ExdataDocument[];
  /** Where the next page begins; null on the last one. */
  readonly next: string | null;
}

export interface WaitOptions {
  /** The state or states to wait for; by default any in which nothing further happens by itself. */
  readonly until?: DocumentState | readonly DocumentState[];
  readonly signal?: AbortSignal;
  /** Default: no limit but the signal's. */
  readonly timeoutMs?: number;
}

const lookEveryMs = 250;

/** Finds documents by the host's ids and by exdata's, and asks exdata about them. An id that cannot be one is an {@link ExdataInputError}. */
export class ExdataDocumentService {
  constructor(
    private readonly accounts: ExdataAccounts,
    private readonly dataSource: DataSource,
    private readonly ledger: DocumentLedger,
    private readonly transactions: ExdataTransactions,
    private readonly work: WorkService,
    private readonly clock: Clock,
  ) {}

  /** The latest generation of the source's document, or null if it was never submitted. */
  async findBySource(source: ExdataSource): Promise<ExdataDocument | null> {
    return this.dataSource.manager.findOne(ExdataDocument, {
      where: this.#generationsOf(source),
      order: { generation: 'DESC' },
    });
  }

  /** All generations of the source's document, the first one first. */
  async generations(source: ExdataSource): Promise<ExdataDocument[]> {
    return this.dataSource.manager.find(ExdataDocument, { where: this.#generationsOf(source), order: { generation: 'ASC' } });
  }

  async findByExdataId(exdataId: string, account?: string): Promise<ExdataDocument | null> {
    checkId('exdataId', exdataId);
    return this.dataSource.manager.findOneBy(ExdataDocument, { account: this.accounts.get(account).name, exdataId });
  }

  /** Documents, the newest first. */
  async list(query: DocumentQuery = {}): Promise<DocumentPage> {
    const limit = Math.min(Math.max(1, query.limit ?? 50), 200);
    const base: FindOptionsWhere<ExdataDocument> = {
      account: this.accounts.get(query.account).name,
      ...(query.sourceType !== undefined && { sourceType: query.sourceType }),
      ...(query.state !== undefined && { state: query.state }),
    };
    const from = query.after === undefined ? null : decodeCursor(query.after);
    const where = from
      ? [
          { ...base, createdAt: LessThan(from.createdAt) },
          { ...base, createdAt: And(LessThan(from.createdAt + 1), MoreThanOrEqual(from.createdAt)), id: LessThan(from.id) },
        ]
      : base;
    const found = this.dataSource.manager
      .createQueryBuilder(ExdataDocument, 'document')
      .setFindOptions({ where, order: { createdAt: 'DESC', id: 'DESC' }, take: limit + 1 });
    const rows = await (query.generations === 'all' ? found : found.andWhere(isLatest)).getMany();
    const data = rows.slice(0, limit);
    const last = data.at(-1);
    return { data, next: rows.length > limit && last ? encodeCursor(last) : null };
  }

  /**
   * What happened to the source's document in all its generations, the earliest first.
   * @throws {ExdataNotSubmittedError} when the source is unknown
   */
  async history(source: ExdataSource): Promise<ExdataDocumentEvent[]> {
    const rows = await this.generations(source);
    if (rows.length === 0) throw notSubmitted(source);
    const events = await this.dataSource.manager.find(ExdataDocumentEvent, {
      where: { documentRowId: In(rows.map(({ id }) => id)) },
      order: { at: 'ASC', position: 'ASC' },
    });
    const generationOf = new Map(rows.map(({ id, generation }) => [id, generation]));
    const order = ({ documentRowId }: ExdataDocumentEvent): number => generationOf.get(documentRowId) ?? 0;
    return events.sort((a, b) => a.at - b.at || order(a) - order(b) || a.position - b.position);
  }

  /**
   * Asks exdata for the document now and takes what it says through the state machine (exdata docs: GET /documents/{document}).
   * A document that exdata does not have yet is returned as it stands.
   * @throws {ExdataNotSubmittedError} when the source is unknown
   * @throws {ExdataApiError} what exdata answered
   */
  async refresh(source: ExdataSource): Promise<ExdataDocument> {
    const row = await this.#require(source);
    if (row.exdataId === null) return row;
    const answer = await this.accounts.get(row.account).api.documents.get(row.exdataId);
    const applied = await this.transactions.run((manager) =>
      this.ledger.apply(manager, row.id, { document: answer.data, via: 'refresh', requestId: answer.requestId }),
    );
    await this.work.dispatchAll(applied.wake);
    return applied.document;
  }

  /**
   * The fields that exdata found, each with value and candidates (exdata docs: GET /documents/{document}/extractions).
   * @throws {ExdataNotSubmittedError} when the source is unknown or exdata does not have the document yet
   * @throws {ExdataApiError} what exdata answered
   */
  async extraction(source: ExdataSource): Promise<ExdataExtraction> {
    const row = await this.#require(source);
    if (row.exdataId === null) throw new ExdataNotSubmittedError(source, 'exdata does not have the document yet');
    return (await this.accounts.get(row.account).api.documents.extractions(row.exdataId)).data;
  }

  /**
   * Waits for the document to reach a state. It looks at the row, so it may be asked in any process, and again after a restart.
   * @throws {ExdataNotSubmittedError} when the source is unknown
   * @throws {ExdataWaitTimeoutError} when `timeoutMs` has passed
   */
  async waitFor(source: ExdataSource, { until, signal, timeoutMs }: WaitOptions = {}): Promise<ExdataDocument> {
    const wanted = until === undefined ? null : typeof until === 'string' ? [until] : until;
    const deadline = timeoutMs === undefined ? Infinity : this.clock.now() + timeoutMs;
    for (;;) {
      signal?.throwIfAborted();
      const row = await this.#require(source);
      if (wanted ? wanted.includes(row.state) : isSettled(row.state)) return row;
      const left = deadline - this.clock.now();
      if (left <= 0) throw new ExdataWaitTimeoutError(source, row.state, timeoutMs ?? 0);
      await this.#pause(Math.min(lookEveryMs, left), signal);
    }
  }

  async #require(source: ExdataSource): Promise<ExdataDocument> {
    const row = await this.findBySource(source);
    if (!row) throw notSubmitted(source);
    return row;
  }

  #generationsOf(source: ExdataSource): FindOptionsWhere<ExdataDocument> {
    checkSource(source);
    const { account, type, id } = source;
    return { account: this.accounts.get(account).name, sourceType: type, sourceId: id };
  }

  #pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const wake = (): void => {
        cancel();
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const cancel = this.clock.after(ms, wake);
      signal?.addEventListener('abort', wake, { once: true });
    });
  }
}

/** As a condition on the alias `document`. */
function isLatest(query: SelectQueryBuilder<ExdataDocument>): string {
  const later = query
    .subQuery()
    .select('1')
    .from(ExdataDocument, 'later')
    .where('later.account = document.account')
    .andWhere('later.sourceType = document.sourceType')
    .andWhere('later.sourceId = document.sourceId')
    .andWhere('later.generation > document.generation');
  return `not exists ${later.getQuery()}`;
}

function notSubmitted(source: ExdataSource): ExdataNotSubmittedError {
  return new ExdataNotSubmittedError(source, 'it was never submitted');
}
