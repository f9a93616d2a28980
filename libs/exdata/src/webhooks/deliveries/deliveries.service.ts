import type { DataSource } from 'typeorm';
import type { JobRef, WorkService } from '../../dispatch/index.js';
import { checkId, checkSource, encodeCursor, ExdataDocument, ExdataDocumentEvent, ExdataHandlerRun } from '../../documents/index.js';
import type { ExdataAccounts, ExdataSource } from '../../documents/index.js';
import type { ExdataLog } from '../../telemetry/index.js';
import { deliveryJobName } from '../delivery-job-name.js';
import { ExdataDelivery } from '../delivery.entity.js';
import type { DeadLetters } from './dead-letters.js';
import { checkDeliveryQuery, checkRedriveQuery, checkWhy, whereOf } from './delivery-query.js';
import type { DeliveryQuery, RedriveQuery } from './delivery-query.js';
import { ExdataDeliveryRun } from './delivery-run.entity.js';
import type { Erasure, ExdataErasure } from './erasure.js';
import { ExdataDeliveryNotFoundError } from './errors.js';
import { withoutBody } from './without-body.js';

/** A delivery without the bytes that were signed. */
export type DeliverySummary = Omit<ExdataDelivery, 'body'>;

export interface DeliveryPage {
  readonly data: DeliverySummary[];
  /** Where the next page begins; null on the last one. */
  readonly next: string | null;
}

/** A delivery and what it led to. Attempts stand in its `work`: starts, finishes, failures in a row, the last error. */
export interface DeliveryDetails {
  readonly delivery: ExdataDelivery;
  /** The document that it was applied to; null for a foreign one. */
  readonly document: ExdataDocument | null;
  /** What it changed of that document's history, the earliest first. */
  readonly events: ExdataDocumentEvent[];
  /** Runs of `@OnExdataDocument` for that document. */
  readonly documentHandlers: ExdataHandlerRun[];
  /** Runs of `@OnExdataDelivery` for this delivery. */
  readonly deliveryHandlers: ExdataDeliveryRun[];
}

/** What was, or with `dryRun` would be, put to work again. */
export interface RedriveReport {
  readonly dryRun: boolean;
  /** Ids of deliveries. */
  readonly deliveries: string[];
  /** Ids of runs of handlers of both kinds. */
  readonly handlerRuns: string[];
}

/** What to erase: exdata's document, or all that was submitted for a source. */
export type EraseTarget = { readonly account?: string; readonly documentId: string } | { readonly source: ExdataSource };

export interface ExdataDeliveriesParts {
  readonly accounts: ExdataAccounts;
  readonly dataSource: DataSource;
  readonly letters: DeadLetters;
  readonly erasure: Erasure;
  readonly work: WorkService;
  readonly log: ExdataLog;
}

/** The inbox as people who run the application need it: what came, what became of it, and what can be done about what was given up. */
export class ExdataDeliveries {
  constructor(private readonly parts: ExdataDeliveriesParts) {}

  /**
   * Deliveries, the newest first, without their bodies.
   * @throws {ExdataInputError} which names the field and its limit
   */
  async list(query: DeliveryQuery = {}): Promise<DeliveryPage> {
    const checked = checkDeliveryQuery(query);
    this.#checkAccount(checked.account);
    const rows = await this.parts.dataSource.manager.find(ExdataDelivery, {
      select: withoutBody,
      where: whereOf(checked),
      order: { receivedAt: 'DESC', id: 'DESC' },
      take: checked.limit + 1,
    });
    const data = rows.slice(0, checked.limit);
    const last = data.at(-1);
    return { data, next: rows.length > checked.limit && last ? encodeCursor({ createdAt: last.receivedAt, id: last.id }) : null };
  }

  /**
   * One delivery with its history, by the id of its row.
   * @throws {ExdataDeliveryNotFoundError} when there is none
   */
  async get(id: string): Promise<DeliveryDetails> {
    checkId('id', id);
    const { manager } = this.parts.dataSource;
    const delivery = await manager.findOneBy(ExdataDelivery, { id });
    if (!delivery) throw new ExdataDeliveryNotFoundError(id);
    const { documentRowId, deliveryId } = delivery;
    const order = { createdAt: 'ASC', id: 'ASC' } as const;
    const deliveryHandlers = await manager.find(ExdataDeliveryRun, { where: { deliveryRowId: id }, order });
    if (documentRowId === null) return { delivery, document: null, events: [], documentHandlers: [], deliveryHandlers };
    return {
      delivery,
      document: await manager.findOneBy(ExdataDocument, { id: documentRowId }),
      events: await manager.find(ExdataDocumentEvent, { where: { documentRowId, deliveryId }, order: { at: 'ASC', position: 'ASC' } }),
      documentHandlers: await manager.find(ExdataHandlerRun, { where: { documentRowId }, order }),
      deliveryHandlers,
    };
  }

  /**
   * Puts a delivery to work again, dead or ended, together with the dead runs of handlers that it led to; or one dead run of a handler, by its id.
   * Its document is asked for anew, and whatever has been done is not repeated.
   * @throws {ExdataDeliveryNotFoundError} when there is none
   * @throws {ExdataDeliveryStateError} `body_gone`, `not_open`
   */
  async replay(id: string): Promise<void> {
    checkId('id', id);
    await this.parts.work.dispatchAll(await this.parts.letters.replay(id));
    this.parts.log.info('delivery.reopened', {}, { row: id });
  }

  /**
   * Puts what was given up to work again: deliveries and runs of handlers.
   * @throws {ExdataInputError} which names the field and its limit
   */
  async redrive(query: RedriveQuery = {}): Promise<RedriveReport> {
    const { dryRun, ...filter } = checkRedriveQuery(query);
    this.#checkAccount(filter.account);
    const { letters, work, log } = this.parts;
    const found = await letters.find(filter);
    const report = reportOf(dryRun ? found : await letters.revive(found), dryRun);
    if (dryRun) return report;
    await work.dispatchAll(found);
    log.info(
      'delivery.redriven',
      { account: filter.account },
      { deliveries: report.deliveries.length, handlerRuns: report.handlerRuns.length },
    );
    return report;
  }

  /**
   * Puts a delivery away that is open or dead, or such a run of a handler: it is not worked on any more.
   * @param why for whoever reads it later; at most 500 characters
   * @throws {ExdataDeliveryNotFoundError} when there is none
   * @throws {ExdataDeliveryStateError} `not_open`
   */
  async discard(id: string, why: string): Promise<void> {
    checkId('id', id);
    await this.parts.letters.discard(id, checkWhy(why));
    this.parts.log.info('delivery.discarded', {}, { row: id });
  }

  /**
   * Erases the content that is kept of a document here: bodies of its deliveries, what exdata showed of it, its file name, the texts that came with it. Ids,
   * digests and outcomes stay, so that nothing is done twice; what exdata shows of the document later is not stored. exdata's own copy is another matter
   * (`ExdataApi.documents.delete`), and what your handlers wrote is yours.
   * @throws {ExdataInputError} for an id that cannot be one
   * @throws {ExdataDeliveryStateError} `still_open` while the document is worked on
   */
  async eraseDocument(target: EraseTarget): Promise<ExdataErasure> {
    const { accounts, erasure, log } = this.parts;
    if ('source' in target) {
      checkSource(target.source);
      const { account, type, id } = target.source;
      const { name } = accounts.get(account);
      const erased = await erasure.erase({ account: name, sourceType: type, sourceId: id });
      log.info('document.erased', { account: name, sourceType: type, sourceId: id }, { ...erased });
      return erased;
    }
    const { name } = accounts.get(target.account);
    checkId('documentId', target.documentId);
    const erased = await erasure.erase({ account: name, exdataId: target.documentId });
    log.info('document.erased', { account: name, documentId: target.documentId }, { ...erased });
    return erased;
  }

  #checkAccount(account: string | undefined): void {
    if (account !== undefined) this.parts.accounts.get(account);
  }
}

function reportOf(letters: readonly JobRef[], dryRun: boolean): RedriveReport {
  return {
    dryRun,
    deliveries: letters.filter(({ job }) => job === deliveryJobName).map(({ id }) => id),
    handlerRuns: letters.filter(({ job }) => job !== deliveryJobName).map(({ id }) => id),
  };
}
