import { Inject, Injectable } from '@nestjs/common';
import { EXDATA_MODE, type ExdataMode, ExdataTransactions } from 'nestjs-exdata';
import { reviewExdataInvoice } from 'nestjs-exdata/review';
import { billFromFields } from '../bills/bill-from-fields.js';
import { DraftBill } from '../bills/draft-bill.entity.js';
import { ApiError } from '../http/api-error.js';
import type { ChosenFields } from './decision-body.js';
import { ReviewItem } from './review-item.entity.js';

/** Turns a person's decision into a bill. */
@Injectable()
export class Decisions {
  constructor(
    private readonly transactions: ExdataTransactions,
    @Inject(EXDATA_MODE) private readonly mode: ExdataMode,
  ) {}

  /**
   * Writes the bill and closes the review item, both or neither.
   * @throws {ApiError} 404 without such an item, 409 when it was decided before, 400 when what was chosen makes no bill
   */
  async decide(sourceId: string, chosen: ChosenFields, at: Date): Promise<DraftBill> {
    return this.transactions.run(async (manager) => {
      const item = await this.transactions.lockRow(manager, ReviewItem, { mode: this.mode, sourceId });
      if (!item) throw ApiError.notFound('review item');
      if (item.decision)
        throw new ApiError(409, { code: 'already_decided', message: 'A decision was made before; its bill stands.' });
      const fields = merge(item, chosen);
      refuseUnusable(fields);
      const bill = manager.create(DraftBill, {
        ...billFromFields(fields),
        mode: this.mode,
        sourceId,
        exdataDocumentId: item.exdataDocumentId,
        createdAt: at.getTime(),
      });
      await manager.insert(DraftBill, bill);
      item.decision = { fields: chosen, at: at.toISOString() };
      await manager.save(item);
      return bill;
    });
  }
}

type Fields = Record<string, { value: unknown; candidates: null }>;

function merge(item: ReviewItem, chosen: ChosenFields): Fields {
  const values: Record<string, unknown> = Object.fromEntries(item.fields.map(({ field, value }) => [field, value]));
  return Object.fromEntries(
    Object.entries({ ...values, ...chosen }).map(([field, value]) => [field, { value, candidates: null }]),
  );
}

/**
 * A person may know better what adds up to what, and what a document is; nobody can pay without a number, an amount or
 * to a wrong IBAN.
 */
const aPersonMayOverrule = ['sum_differs', 'not_an_invoice'];

function refuseUnusable(fields: Fields): void {
  const fault = reviewExdataInvoice(fields).find(({ reason }) => !aPersonMayOverrule.includes(reason));
  if (fault) {
    throw new ApiError(400, {
      code: 'invalid_decision',
      field: fault.field,
      message: `${fault.field}: ${fault.reason.replace('_', ' ')}`,
    });
  }
}
