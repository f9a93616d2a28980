import { presentDocumentId } from '../http/present-document-id.js';
import type { DraftBill } from './draft-bill.entity.js';

/** A bill as the API shows it. */
export function presentBill({ createdAt: _, exdataDocumentId, ...bill }: DraftBill) {
  return { ...bill, exdataDocumentId: presentDocumentId(exdataDocumentId), status: 'draft' as const };
}

export type BillView = ReturnType<typeof presentBill>;
