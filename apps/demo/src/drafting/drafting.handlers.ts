import { Injectable } from '@nestjs/common';
import { ExdataDocument, type ExdataDocumentContext, ExdataTransactions, OnExdataDocument, reviewInvoice } from 'nestjs-exdata';
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
    const doubts = reviewInvoice(fields);
    await this.#settle(context, async (sourceId, createdAt) => {
      const { manager, document } = context;
      if (doubts.length > 0) {
        await manager.delete(DraftBill, { sourceId });
        await manager.save(ReviewItem, { ...reviewItemFrom(context, doubts), sourceId, createdAt, decision: null });
      } else {
        await manager.delete(ReviewItem, { sourceId });
        await manager.save(DraftBill, { ...billFromFields(fields), sourceId, createdAt, exdataDocumentId: document.id });
      }
    });
  }

  @OnExdataDocument(['error', 'blocked'], { id: 'demo.review' })
  async failed(context: ExdataDocumentContext): Promise<void> {
    await this.#settle(context, async (sourceId, createdAt) => {
      await context.manager.delete(DraftBill, { sourceId });
      await context.manager.save(ReviewItem, { ...reviewItemFrom(context, []), sourceId, createdAt, decision: null });
    });
  }

  /** Holds the document against its other runs, and leaves alone what a person decided or a later run has overtaken. */
  async #settle(
    { manager, link, document }: ExdataDocumentContext,
    write: (sourceId: string, createdAt: number) => Promise<void>,
  ): Promise<void> {
    const current = await this.transactions.lockRow(manager, ExdataDocument, { id: link.id });
    const run = document.latestExtractionRun?.id ?? null;
    if (run !== null && current?.runId !== run) return;
    const item = await this.transactions.lockRow(manager, ReviewItem, { sourceId: link.sourceId });
    if (item?.decision) return;
    await write(link.sourceId, link.createdAt);
  }
}
