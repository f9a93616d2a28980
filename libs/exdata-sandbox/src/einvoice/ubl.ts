import { formatCurrency, formatDecimal, formatIban, formatIsoDate, looksLikeIban } from './formats.js';
import { fieldOf, taxField, typeField, type InvoiceFields } from './invoice-fields.js';
import type { XmlElement } from './xml-element.js';

/** Namespaces of the root elements that {@link readUbl} understands. */
export const ublRoots: ReadonlyMap<string, string> = new Map([
  ['Invoice', 'urn:oasis:names:specification:ubl:schema:xsd:Invoice-2'],
  ['CreditNote', 'urn:oasis:names:specification:ubl:schema:xsd:CreditNote-2'],
]);

/** Reads a UBL 2 Invoice or CreditNote by the UBL binding of EN 16931 (CEN/TS 16931-3-2). */
export function readUbl(root: XmlElement): InvoiceFields {
  const credit = root.name === 'CreditNote';
  const currency = fieldOf(root.texts('DocumentCurrencyCode'), formatCurrency);
  return {
    type: typeField(
      root.texts(credit ? 'CreditNoteTypeCode' : 'InvoiceTypeCode')[0],
      credit ? 'credit-note' : 'invoice',
    ),
    document_number: fieldOf(root.texts('ID')),
    issue_date: fieldOf(root.texts('IssueDate'), formatIsoDate),
    // A credit note has no DueDate of its own; older documents keep it with the payment.
    payment_due_date: fieldOf(
      [
        ...root.texts('DueDate'),
        ...root.texts('PaymentMeans', 'PaymentDueDate'),
        ...root.texts('PaymentTerms', 'PaymentDueDate'),
      ],
      formatIsoDate,
    ),
    sender_name: partyName(root.first('AccountingSupplierParty', 'Party')),
    recipient_name: partyName(root.first('AccountingCustomerParty', 'Party')),
    currency,
    net_amount: fieldOf(root.texts('LegalMonetaryTotal', 'TaxExclusiveAmount'), formatDecimal),
    gross_amount: fieldOf(root.texts('LegalMonetaryTotal', 'TaxInclusiveAmount'), formatDecimal),
    tax_breakdowns: taxField(
      subtotals(root, currency.value).map((subtotal) => ({
        basis: subtotal.texts('TaxableAmount')[0],
        amount: subtotal.texts('TaxAmount')[0],
        rate: subtotal.texts('TaxCategory', 'Percent')[0] ?? subtotal.texts('Percent')[0],
        category: subtotal.texts('TaxCategory', 'ID')[0],
        reason: subtotal.texts('TaxCategory', 'TaxExemptionReason')[0],
      })),
    ),
    // BT-84 may also be an account of national form, which is no IBAN.
    iban: fieldOf(root.texts('PaymentMeans', 'PayeeFinancialAccount', 'ID'), (text) =>
      looksLikeIban(text) ? formatIban(text) : null,
    ),
  };
}

/** The registered name (BT-27, BT-44), else the trading name (BT-28, BT-45). */
function partyName(party: XmlElement | undefined): InvoiceFields['sender_name'] {
  return fieldOf([
    ...(party?.texts('PartyLegalEntity', 'RegistrationName') ?? []),
    ...(party?.texts('PartyName', 'Name') ?? []),
  ]);
}

/** A second tax total may give the tax in the currency of accounting (BT-111): its rows would count the tax twice. */
function subtotals(root: XmlElement, currency: unknown): XmlElement[] {
  const rows = root.all('TaxTotal', 'TaxSubtotal');
  const own = rows.filter((row) => (row.first('TaxAmount')?.attributes.get('currencyID') ?? currency) === currency);
  return own.length > 0
    ? own
    : (root
        .all('TaxTotal')
        .map((total) => total.all('TaxSubtotal'))
        .find(({ length }) => length > 0) ?? []);
}
