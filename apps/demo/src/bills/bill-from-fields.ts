import type { DraftBill, TaxBreakdown } from './draft-bill.entity.js';

/** The part of an extracted field that a bill is made from. */
interface Field {
  readonly value: unknown;
}

export type BillContent = Omit<DraftBill, 'mode' | 'sourceId' | 'exdataDocumentId' | 'createdAt'>;

/**
 * Makes a bill of exdata's fields (exdata docs: Extractions). The fields must be beyond doubt: a bill without number,
 * vendor, currency, net or gross cannot be written.
 * @throws {TypeError} naming the field that is missing
 */
export function billFromFields(fields: Readonly<Record<string, Field | undefined>>): BillContent {
  const text = (name: string) => textOf(fields[name]?.value);
  const required = (name: string) => {
    const value = text(name);
    if (value === null) throw new TypeError(`a bill needs ${name}`);
    return value;
  };
  return {
    documentType: text('type'),
    documentNumber: required('document_number'),
    issueDate: dayOf(text('issue_date')),
    paymentDueDate: dayOf(text('payment_due_date')),
    vendorName: required('sender_name'),
    customerName: text('recipient_name'),
    currency: required('currency'),
    netAmount: required('net_amount'),
    grossAmount: required('gross_amount'),
    iban: text('iban')?.replaceAll(' ', '') ?? null,
    taxBreakdowns: taxesOf(fields.tax_breakdowns?.value),
  };
}

function textOf(value: unknown): string | null {
  return typeof value === 'string' && value.trim() !== '' ? value : null;
}

function dayOf(text: string | null): string | null {
  return text !== null && /^\d{4}-\d{2}-\d{2}$/.test(text) ? text : null;
}

function taxesOf(value: unknown): TaxBreakdown[] {
  if (!Array.isArray(value)) return [];
  return value.map((row: unknown) => {
    const text = (name: string) => textOf(typeof row === 'object' && row !== null ? Reflect.get(row, name) : null);
    return { taxableAmount: text('taxable_amount'), taxAmount: text('tax_amount'), taxRate: text('tax_rate') };
  });
}
