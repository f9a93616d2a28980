import { Injectable } from '@nestjs/common';
import type { DataSource } from 'typeorm';
import { EXDATA_DATA_SOURCE } from '../../dispatch/index.js';
import type { ExdataJobRef } from '../../dispatch/index.js';
import {
  checkId,
  checkSource,
  encodeCursor,
  ExdataAccounts,
  ExdataLink,
  ExdataDocumentEvent,
  ExdataHandlerRun,
} from '../../documents/index.js';
import type { ExdataSource } from '../../documents/index.js';
import { ExdataLog } from '../../telemetry/index.js';
import { deliveryJobName } from '../delivery-job-name.js';
import { ExdataDelivery } from '../delivery.entity.js';
import { DeadLetters } from './dead-letters.js';
import { checkDeliveryQuery, checkRedriveQuery, checkWhy, whereOf } from './delivery-query.js';
import type { ExdataDeliveryQuery, ExdataRedriveQuery } from './delivery-query.js';
import { ExdataDeliveryRun } from './delivery-run.entity.js';
import type { ExdataErasure } from './erasure.js';
import { Erasure } from './erasure.js';
import { ExdataDeliveryNotFoundError } from './errors.js';
import { DeliveryReception } from '../delivery-reception.js';
import type { ExdataVerifiedDelivery } from '../verified-delivery.js';
import { withoutBody } from './without-body.js';
import { Inject } from '../../injection/index.js';

/** A delivery without the bytes that were signed. */
type ExdataDeliverySummary = Omit<ExdataDelivery, 'body'>;

/** Deliveries, the newest first, without the bytes that were signed. */
export interface ExdataDeliveryPage {
  readonly data: ExdataDeliverySummary[];
  /** Where the next page begins; null on the last one. */
  readonly next: string | null;
}

/** A delivery and what it led to. Attempts stand in its `work`: starts, finishes, failures in a row, the last error. */
export interface ExdataDeliveryDetails {
  readonly delivery: ExdataDelivery;
  /** The document that it was applied to; null for a foreign one. */
  readonly link: ExdataLink | null;
  /** What it changed of that document's history, the earliest first. */
  readonly events: ExdataDocumentEvent[];
  /** Runs of `@OnExdataDocument` for that document. */
  readonly documentHandlers: ExdataHandlerRun[];
  /** Runs of `@OnExdataDelivery` for this delivery. */
  readonly deliveryHandlers: ExdataDeliveryRun[];
}

/** What was, or with `dryRun` would be, put to work again. */
export interface ExdataRedriveReport {
  readonly dryRun: boolean;
  /** Ids of deliveries. */
  readonly deliveries: string[];
  /** Ids of runs of handlers of both kinds. */
  readonly handlerRuns: string[];
}

/** What to erase: exdata's document, or all that was submitted for a source. */
export type ExdataEraseTarget =
  { readonly account?: string; readonly documentId: string } | { readonly source: ExdataSource };

/**
 * The inbox as people who run the application need it: what came, what became of it, and what can be done about what
 * was given up.
 */
@Injectable()
export class ExdataDeliveryService {
  constructor(
    @Inject(ExdataAccounts) private readonly accounts: ExdataAccounts,
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(DeadLetters) private readonly letters: DeadLetters,
    @Inject(Erasure) private readonly erasure: Erasure,
    @Inject(DeliveryReception) private readonly reception: DeliveryReception,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /**
   * Stores a delivery that {@link ExdataWebhookGuard} has verified, for a webhook controller of your own: resolves once
   * its row is committed, together with those that come at the same time. Then answer 2xx; the work is done afterwards,
   * by whichever process is free. `duplicate` says that the same bytes came under the same id before: answer it alike.
   * @param verified as `exdataDeliveryOf(request)` gives it; a copy of it may be handed over in another process
   * @throws {ExdataInboxUnavailableException} 503, when it cannot be stored in time: let it through to Nest, and exdata
   * sends the delivery again. `Retry-After` is set on the response that the guard saw.
   * @throws {ExdataInputError} for an account that is not configured
   */
  async receive(verified: ExdataVerifiedDelivery): Promise<'fresh' | 'duplicate'> {
    this.#checkAccount(verified.account);
    return this.reception.receive(verified);
  }

  /**
   * Deliveries, the newest first, without their bodies.
   * @throws {ExdataInputError} which names the field and its limit
   */
  async list(query: ExdataDeliveryQuery = {}): Promise<ExdataDeliveryPage> {
    const checked = checkDeliveryQuery(query);
    const { mode = this.accounts.mode } = checked;
    if (mode === this.accounts.mode) this.#checkAccount(checked.account);
    const rows = await this.dataSource.manager.find(ExdataDelivery, {
      select: withoutBody,
      where: whereOf(checked, mode),
      order: { receivedAt: 'DESC', id: 'DESC' },
      take: checked.limit + 1,
    });
    const data = rows.slice(0, checked.limit);
    const last = data.at(-1);
    return {
      data,
      next: rows.length > checked.limit && last ? encodeCursor({ createdAt: last.receivedAt, id: last.id }) : null,
    };
  }

  /**
   * One delivery with its history, by the id of its row.
   * @throws {ExdataDeliveryNotFoundError} when there is none
   */
  async get(id: string): Promise<ExdataDeliveryDetails> {
    checkId('id', id);
    const { manager } = this.dataSource;
    const delivery = await manager.findOneBy(ExdataDelivery, { id });
    if (!delivery) throw new ExdataDeliveryNotFoundError(id);
    const { linkId, deliveryId } = delivery;
    const order = { createdAt: 'ASC', id: 'ASC' } as const;
    const deliveryHandlers = await manager.find(ExdataDeliveryRun, { where: { deliveryRowId: id }, order });
    if (linkId === null) return { delivery, link: null, events: [], documentHandlers: [], deliveryHandlers };
    return {
      delivery,
      link: await manager.findOneBy(ExdataLink, { id: linkId }),
      events: await manager.find(ExdataDocumentEvent, {
        where: { linkId, deliveryId },
        order: { at: 'ASC', position: 'ASC', id: 'ASC' },
      }),
      documentHandlers: await manager.find(ExdataHandlerRun, { where: { linkId }, order }),
      deliveryHandlers,
    };
  }

  /**
   * Puts a delivery to work again, dead or ended, together with the dead runs of handlers that it led to; or one dead
   * run of a handler, by its id. Its document is asked for anew, and whatever has been done is not repeated.
   * @throws {ExdataDeliveryNotFoundError} when there is none
   * @throws {ExdataDeliveryStateError} `body_gone`, `not_open`
   */
  async replay(id: string): Promise<void> {
    checkId('id', id);
    await this.letters.replay(id);
    this.log.info('delivery.reopened', {}, { row: id });
  }

  /**
   * Puts what was given up to work again: deliveries and runs of handlers.
   * @throws {ExdataInputError} which names the field and its limit
   */
  async redrive(query: ExdataRedriveQuery = {}): Promise<ExdataRedriveReport> {
    const { dryRun, ...filter } = checkRedriveQuery(query);
    this.#checkAccount(filter.account);
    const found = await this.letters.find(filter);
    const report = reportOf(dryRun ? found : await this.letters.revive(found), dryRun);
    if (dryRun) return report;
    this.log.info(
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
    await this.letters.discard(id, checkWhy(why));
    this.log.info('delivery.discarded', {}, { row: id });
  }

  /**
   * Erases the content that is kept of a document here: bodies of its deliveries, what exdata showed of it, its file
   * name, the texts that came with it. Ids, digests and outcomes stay, so that nothing is done twice; what exdata shows
   * of the document later is not stored. exdata's own copy is another matter (`ExdataApi.documents.delete`), and what
   * your handlers wrote is yours.
   * @throws {ExdataInputError} for an id that cannot be one
   * @throws {ExdataDeliveryStateError} `still_open` while the document is worked on
   */
  async eraseDocument(target: ExdataEraseTarget): Promise<ExdataErasure> {
    if ('source' in target) {
      checkSource(target.source);
      const { account, type, id } = target.source;
      const key = this.accounts.key(account);
      const erased = await this.erasure.erase({ ...key, sourceType: type, sourceId: id });
      this.log.info('document.erased', { account: key.account, sourceType: type, sourceId: id }, { ...erased });
      return erased;
    }
    const key = this.accounts.key(target.account);
    checkId('documentId', target.documentId);
    const erased = await this.erasure.erase({ ...key, exdataId: target.documentId });
    this.log.info('document.erased', { account: key.account, documentId: target.documentId }, { ...erased });
    return erased;
  }

  #checkAccount(account: string | undefined): void {
    if (account !== undefined) this.accounts.get(account);
  }
}

function reportOf(letters: readonly ExdataJobRef[], dryRun: boolean): ExdataRedriveReport {
  return {
    dryRun,
    deliveries: letters.filter(({ job }) => job === deliveryJobName).map(({ id }) => id),
    handlerRuns: letters.filter(({ job }) => job !== deliveryJobName).map(({ id }) => id),
  };
}
