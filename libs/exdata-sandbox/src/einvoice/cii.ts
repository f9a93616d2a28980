import { absent } from '../fields.js';
import { formatCurrency, formatDecimal, formatEdifactDate, formatIban, formatIsoDate } from './formats.js';
import { fieldOf, taxField, typeField, type InvoiceFields } from './invoice-fields.js';
import type { XmlElement } from './xml-element.js';

/** Where the two generations of the syntax differ; inside these aggregates they agree. */
interface Names {
  readonly document: string;
  readonly transaction: string;
  readonly agreement: string;
  readonly settlement: string;
  readonly summation: string;
  readonly rate: string;
}

const generations: readonly (Names & { readonly root: string })[] = [
  {
    // UN/CEFACT Cross Industry Invoice D16B and later: Factur-X, ZUGFeRD 2, XRechnung.
    root: 'CrossIndustryInvoice',
    document: 'ExchangedDocument',
    transaction: 'SupplyChainTradeTransaction',
    agreement: 'ApplicableHeaderTradeAgreement',
    settlement: 'ApplicableHeaderTradeSettlement',
    summation: 'SpecifiedTradeSettlementHeaderMonetarySummation',
    rate: 'RateApplicablePercent',
  },
  {
    // ZUGFeRD 1.0.
    root: 'CrossIndustryDocument',
    document: 'HeaderExchangedDocument',
    transaction: 'SpecifiedSupplyChainTradeTransaction',
    agreement: 'ApplicableSupplyChainTradeAgreement',
    settlement: 'ApplicableSupplyChainTradeSettlement',
    summation: 'SpecifiedTradeSettlementMonetarySummation',
    rate: 'ApplicablePercent',
  },
];

/** Root elements that {@link readCii} understands. */
export const ciiRoots: ReadonlySet<string> = new Set(generations.map(({ root }) => root));

/** Reads a Cross Industry Invoice by the CII binding of EN 16931 (CEN/TS 16931-3-3), or a ZUGFeRD 1.0 document. */
export function readCii(root: XmlElement): InvoiceFields {
  const names = generations.find((generation) => generation.root === root.name);
  const document = names && root.first(names.document);
  const transaction = names && root.first(names.transaction);
  const agreement = names && transaction?.first(names.agreement);
  const settlement = names && transaction?.first(names.settlement);
  const currency = fieldOf(settlement?.texts('InvoiceCurrencyCode') ?? [], formatCurrency);
  const total = (name: string): string[] =>
    inCurrency(settlement?.all(names?.summation ?? '', name) ?? [], currency.value);
  return {
    type: typeField(document?.texts('TypeCode')[0]),
    document_number: fieldOf(document?.texts('ID') ?? []),
    issue_date: dateField(document?.all('IssueDateTime') ?? []),
    payment_due_date: dateField(settlement?.all('SpecifiedTradePaymentTerms', 'DueDateDateTime') ?? []),
    sender_name: fieldOf(agreement?.texts('SellerTradeParty', 'Name') ?? []),
    recipient_name: fieldOf(agreement?.texts('BuyerTradeParty', 'Name') ?? []),
    currency,
    net_amount: fieldOf(total('TaxBasisTotalAmount'), formatDecimal),
    gross_amount: fieldOf(total('GrandTotalAmount'), formatDecimal),
    tax_breakdowns: taxField(
      (settlement?.all('ApplicableTradeTax') ?? []).map((tax) => ({
        basis: inCurrency(tax.all('BasisAmount'), currency.value)[0],
        amount: inCurrency(tax.all('CalculatedAmount'), currency.value)[0],
        rate: tax.texts(names?.rate ?? '')[0],
        category: tax.texts('CategoryCode')[0],
        reason: tax.texts('ExemptionReason')[0],
      })),
    ),
    iban: fieldOf(
      settlement?.texts('SpecifiedTradeSettlementPaymentMeans', 'PayeePartyCreditorFinancialAccount', 'IBANID') ?? [],
      formatIban,
    ),
  };
}

/** Amounts may be repeated in the currency of accounting: those in the invoice's own currency come first. */
function inCurrency(amounts: readonly XmlElement[], currency: unknown): string[] {
  const foreign = (amount: XmlElement): boolean => (amount.attributes.get('currencyID') ?? currency) !== currency;
  return [...amounts.filter((amount) => !foreign(amount)), ...amounts.filter(foreign)].flatMap(
    ({ text }) => text ?? [],
  );
}

function dateField(dates: readonly XmlElement[]): InvoiceFields['issue_date'] {
  const found = dates.flatMap((date) => [...date.all('DateTimeString'), ...date.all('DateTime')]);
  if (found.length === 0) return absent;
  const values = found.map((date) => {
    const text = date.text ?? '';
    return date.name === 'DateTime' ? formatIsoDate(text) : formatEdifactDate(text, date.attributes.get('format'));
  });
  return { value: values.find((value) => value !== null) ?? null, candidates: found.flatMap(({ text }) => text ?? []) };
}
