import { Injectable } from '@nestjs/common';
import type { DataSource, FindOptionsWhere, SelectQueryBuilder } from 'typeorm';
import { And, In, LessThan, MoreThanOrEqual } from 'typeorm';
import type { ExdataExtraction } from '../api/index.js';
import type { ExdataClock, ExdataMode } from '../dispatch/index.js';
import { EXDATA_CLOCK, EXDATA_DATA_SOURCE, Writes } from '../dispatch/index.js';
import type { AccountKey } from './accounts/index.js';
import { ExdataAccounts } from './accounts/index.js';
import { decodeCursor, encodeCursor } from './cursor.js';
import { ExdataDocumentEvent } from './document-event.entity.js';
import { DocumentLedger } from './document-ledger.js';
import type { ExdataDocumentState } from './document-state.js';
import { isSettled } from './document-state.js';
import { ExdataLink } from './link.entity.js';
import { ExdataNotSubmittedError, ExdataWaitTimeoutError } from './errors.js';
import { checkId, checkSource } from './input.js';
import { Inject } from '../injection/index.js';

/** What a document stands for in the host: a kind of thing and its id there. */
export interface ExdataSource {
  /** At most 64 characters, such as `invoice`. */
  readonly type: string;
  /** At most 255 characters. */
  readonly id: string;
  /** The account whose document it is; default the one called `default`, or the only one. */
  readonly account?: string;
}

/** Which links to list; all of the account without it. */
export interface ExdataLinkQuery {
  /**
   * Default: that of this process. What was submitted in the other mode can be looked at here, and no more: it is
   * neither sent nor asked for.
   */
  readonly mode?: ExdataMode;
  /** As in {@link ExdataSource}; of the other mode, whose accounts are not configured here, default all. */
  readonly account?: string;
  /** As in {@link ExdataSource}. */
  readonly sourceType?: string;
  /** Where the documents stand now. */
  readonly state?: ExdataDocumentState;
  /**
   * `latest` (default): each source's document once, as it stands now. `all`: the generations that a later one has
   * replaced too.
   */
  readonly generations?: 'latest' | 'all';
  /** The `next` of the page before. */
  readonly after?: string;
  /** At most 200; default 50. */
  readonly limit?: number;
}

/** Links, the newest first. */
export interface ExdataLinkPage {
  readonly data: ExdataLink[];
  /** Where the next page begins; null on the last one. */
  readonly next: string | null;
}

export interface ExdataWaitOptions {
  /** The state or states to wait for; by default any in which nothing further happens by itself. */
  readonly until?: ExdataDocumentState | readonly ExdataDocumentState[];
  readonly signal?: AbortSignal;
  /** Default: no limit but the signal's. */
  readonly timeoutMs?: number;
}

const lookEveryMs = 250;

/**
 * Finds documents by the host's ids and by exdata's, and asks exdata about them. An id that cannot be one is an
 * {@link ExdataInputError}.
 */
@Injectable()
export class ExdataDocumentService {
  constructor(
    @Inject(ExdataAccounts) private readonly accounts: ExdataAccounts,
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(DocumentLedger) private readonly ledger: DocumentLedger,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
  ) {}

  /** The latest generation of the source's document, or null if it was never submitted. */
  async findBySource(source: ExdataSource): Promise<ExdataLink | null> {
    return this.dataSource.manager.findOne(ExdataLink, {
      where: this.#generationsOf(source),
      order: { generation: 'DESC' },
    });
  }

  /** All generations of the source's document, the first one first. */
  async generations(source: ExdataSource): Promise<ExdataLink[]> {
    return this.dataSource.manager.find(ExdataLink, {
      where: this.#generationsOf(source),
      order: { generation: 'ASC' },
    });
  }

  /**
   * The link to exdata's document of that id, or null if none of ours has it.
   * @param account default the one called `default`, or the only one
   * @throws {ExdataInputError} for an id that cannot be one, and for an account that is not configured
   */
  async findByExdataId(exdataId: string, account?: string): Promise<ExdataLink | null> {
    checkId('exdataId', exdataId);
    return this.dataSource.manager.findOneBy(ExdataLink, { ...this.accounts.key(account), exdataId });
  }

  /**
   * Links, the newest first.
   * @throws {ExdataInputError} for a cursor or an account that cannot be one
   */
  async list(query: ExdataLinkQuery = {}): Promise<ExdataLinkPage> {
    const limit = Math.min(Math.max(1, query.limit ?? 50), 200);
    const base: FindOptionsWhere<ExdataLink> = {
      ...this.#owner(query),
      ...(query.sourceType !== undefined && { sourceType: query.sourceType }),
      ...(query.state !== undefined && { state: query.state }),
    };
    const from = query.after === undefined ? null : decodeCursor(query.after);
    const where = from
      ? [
          { ...base, createdAt: LessThan(from.createdAt) },
          {
            ...base,
            createdAt: And(LessThan(from.createdAt + 1), MoreThanOrEqual(from.createdAt)),
            id: LessThan(from.id),
          },
        ]
      : base;
    const found = this.dataSource.manager
      .createQueryBuilder(ExdataLink, 'document')
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
      where: { linkId: In(rows.map(({ id }) => id)) },
      order: { at: 'ASC', position: 'ASC', id: 'ASC' },
    });
    const generationOf = new Map(rows.map(({ id, generation }) => [id, generation]));
    const order = ({ linkId }: ExdataDocumentEvent): number => generationOf.get(linkId) ?? 0;
    return events.sort((a, b) => a.at - b.at || order(a) - order(b) || a.position - b.position);
  }

  /**
   * Asks exdata for the document now and takes what it says through the state machine (exdata docs: GET
   * /documents/{document}). A document that exdata does not have yet is returned as it stands. Handlers that have had
   * no run for its state are called, whenever it ended.
   * @throws {ExdataNotSubmittedError} when the source is unknown
   * @throws {ExdataApiError} what exdata answered
   */
  async refresh(source: ExdataSource): Promise<ExdataLink> {
    const row = await this.#require(source);
    if (row.exdataId === null) return row;
    const answer = await this.accounts.get(row.account).api.documents.get(row.exdataId);
    return this.writes.run((write) =>
      this.ledger.apply(write, row.id, {
        document: answer.data,
        via: 'refresh',
        asked: true,
        requestId: answer.requestId,
      }),
    );
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
   * Waits for the document to reach a state. It looks at the row, so it may be asked in any process, and again after a
   * restart.
   * @throws {ExdataNotSubmittedError} when the source is unknown
   * @throws {ExdataWaitTimeoutError} when `timeoutMs` has passed
   */
  async waitFor(source: ExdataSource, { until, signal, timeoutMs }: ExdataWaitOptions = {}): Promise<ExdataLink> {
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

  async #require(source: ExdataSource): Promise<ExdataLink> {
    const row = await this.findBySource(source);
    if (!row) throw notSubmitted(source);
    return row;
  }

  /** Accounts of the other mode are not in this process's configuration. */
  #owner({ mode = this.accounts.mode, account }: ExdataLinkQuery): Partial<AccountKey> {
    if (mode === this.accounts.mode) return this.accounts.key(account);
    if (account !== undefined) checkId('account', account);
    return { mode, ...(account !== undefined && { account }) };
  }

  #generationsOf(source: ExdataSource): FindOptionsWhere<ExdataLink> {
    checkSource(source);
    const { account, type, id } = source;
    return { ...this.accounts.key(account), sourceType: type, sourceId: id };
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
function isLatest(query: SelectQueryBuilder<ExdataLink>): string {
  const later = query
    .subQuery()
    .select('1')
    .from(ExdataLink, 'later')
    .where('later.mode = document.mode')
    .andWhere('later.account = document.account')
    .andWhere('later.sourceType = document.sourceType')
    .andWhere('later.sourceId = document.sourceId')
    .andWhere('later.generation > document.generation');
  return `not exists ${later.getQuery()}`;
}

function notSubmitted(source: ExdataSource): ExdataNotSubmittedError {
  return new ExdataNotSubmittedError(source, 'it was never submitted');
}
