import { presentDocumentId } from '../http/present-document-id.js';
import type { DraftBill } from './draft-bill.entity.js';

/** A bill as the API shows it. */
export function presentBill(bill: DraftBill) {
  return {
    sourceId: bill.sourceId,
    exdataDocumentId: presentDocumentId(bill.exdataDocumentId),
    documentType: bill.documentType,
    documentNumber: bill.documentNumber,
    issueDate: bill.issueDate,
    paymentDueDate: bill.paymentDueDate,
    vendorName: bill.vendorName,
    customerName: bill.customerName,
    currency: bill.currency,
    netAmount: bill.netAmount,
    grossAmount: bill.grossAmount,
    iban: bill.iban,
    taxBreakdowns: bill.taxBreakdowns,
    status: 'draft' as const,
  };
}

export type BillView = ReturnType<typeof presentBill>;
