import { Injectable } from '@nestjs/common';
import { ExdataLink, type ExdataDocumentContext, ExdataTransactions, OnExdataDocument } from 'nestjs-exdata';
import { reviewExdataInvoice } from 'nestjs-exdata/review';
import { billFromFields } from '../bills/bill-from-fields.js';
import { DraftBill } from '../bills/draft-bill.entity.js';
import { ReviewItem } from '../reviews/review-item.entity.js';
import { reviewItemFrom } from './review-item-from.js';

/**
 * Makes of each document either a bill or a review item, never both and never neither: the writes share the transaction
 * in which the module marks the work as done. What the latest extraction run says stands, until a person has decided.
 */
@Injectable()
export class DraftingHandlers {
  constructor(private readonly transactions: ExdataTransactions) {}

  @OnExdataDocument('completed', { id: 'demo.draft' })
  async completed(context: ExdataDocumentContext): Promise<void> {
    const fields = context.extraction?.fields ?? {};
    const doubts = reviewExdataInvoice(fields);
    await this.#settle(context, async (key, createdAt) => {
      const { manager, document } = context;
      if (doubts.length > 0) {
        await manager.delete(DraftBill, key);
        await manager.save(ReviewItem, { ...reviewItemFrom(context, doubts), ...key, createdAt, decision: null });
      } else {
        await manager.delete(ReviewItem, key);
        await manager.save(DraftBill, { ...billFromFields(fields), ...key, createdAt, exdataDocumentId: document.id });
      }
    });
  }

  @OnExdataDocument(['error', 'blocked'], { id: 'demo.review' })
  async failed(context: ExdataDocumentContext): Promise<void> {
    await this.#settle(context, async (key, createdAt) => {
      await context.manager.delete(DraftBill, key);
      await context.manager.save(ReviewItem, { ...reviewItemFrom(context, []), ...key, createdAt, decision: null });
    });
  }

  /** Until its extraction can be read, if ever, a person has the document alone. */
  @OnExdataDocument('unread', { id: 'demo.unread' })
  async unread(context: ExdataDocumentContext): Promise<void> {
    await this.#settle(context, async (key, createdAt, { problem }) => {
      // It has been read meanwhile, and is a bill or in review by that.
      if (problem === null) return;
      await context.manager.delete(DraftBill, key);
      await context.manager.save(ReviewItem, {
        ...reviewItemFrom(context, reviewExdataInvoice({})),
        ...key,
        createdAt,
        decision: null,
      });
    });
  }

  /** Holds the document against its other runs, and leaves alone what a person decided or a later run has overtaken. */
  async #settle(
    { manager, link, document }: ExdataDocumentContext,
    write: (key: DraftKey, createdAt: number, current: ExdataLink) => Promise<void>,
  ): Promise<void> {
    const current = await this.transactions.lockRow(manager, ExdataLink, { id: link.id });
    const run = document.latestExtractionRun?.id ?? null;
    if (!current || (run !== null && current.runId !== run)) return;
    const key = { mode: link.mode, sourceId: link.sourceId };
    const item = await this.transactions.lockRow(manager, ReviewItem, key);
    if (item?.decision) return;
    await write(key, link.createdAt, current);
  }
}

/** The same id stands for one document in test mode and for another in live mode. */
type DraftKey = Pick<DraftBill, 'mode' | 'sourceId'>;
