import {
  absent,
  type ExtractionField,
  type ExtractionFields,
  type StandardField,
  type TaxBreakdown,
} from '../fields.js';
import { formatDecimal } from './formats.js';

/** What both syntaxes of EN 16931 are read into. */
export type InvoiceFields = ExtractionFields & Readonly<Record<StandardField, ExtractionField>>;

/** UNTDID 1001 codes of credit notes, as EN 16931's code list for BT-3 has them. */
const creditNoteCodes = new Set([
  '81',
  '83',
  '261',
  '262',
  '296',
  '308',
  '381',
  '396',
  '420',
  '458',
  '502',
  '503',
  '532',
]);

/**
 * `type` from the type code (BT-3). An absent or unknown code leaves what the syntax itself says.
 * @param otherwise the type when the code is not that of a credit note
 */
export function typeField(code: string | undefined, otherwise: 'invoice' | 'credit-note' = 'invoice'): ExtractionField {
  const value = code !== undefined && creditNoteCodes.has(code) ? 'credit-note' : otherwise;
  return { value, candidates: [code ?? otherwise] };
}

/**
 * A field from the texts found for it, in document order: the first that can be read is the value, all of them are
 * candidates.
 * @param format how exdata writes it; null when the text is no such thing
 */
export function fieldOf(
  found: readonly string[],
  format: (text: string) => string | null = (text) => text,
): ExtractionField {
  if (found.length === 0) return absent;
  return { value: found.map(format).find((value) => value !== null) ?? null, candidates: [...new Set(found)] };
}

/** One VAT breakdown (BG-23) as the document writes it. */
export interface TaxRow {
  readonly basis: string | null | undefined;
  readonly amount: string | null | undefined;
  readonly rate: string | null | undefined;
  /** UNTDID 5305, `S` for the standard rate. */
  readonly category: string | null | undefined;
  readonly reason: string | null | undefined;
}

/** `tax_breakdowns` with one candidate per row, in words. */
export function taxField(rows: readonly TaxRow[]): ExtractionField {
  if (rows.length === 0) return absent;
  return { value: rows.map(breakdown), candidates: rows.map(inWords) };
}

/**
 * Category -> taxability and who pays the tax. The contract shows these words but no full list: what has no word of its
 * own is left out.
 */
const categories: Readonly<Record<string, Pick<TaxBreakdown, 'taxability' | 'tax_collection_mechanism'>>> = {
  S: { taxability: 'taxable', tax_collection_mechanism: 'seller_collected' },
  Z: { taxability: 'taxable', tax_collection_mechanism: 'seller_collected' },
  L: { taxability: 'taxable', tax_collection_mechanism: 'seller_collected' },
  M: { taxability: 'taxable', tax_collection_mechanism: 'seller_collected' },
  AE: { taxability: 'taxable', tax_collection_mechanism: 'reverse_charge' },
  K: { taxability: 'taxable', tax_collection_mechanism: 'reverse_charge' },
  E: { taxability: 'exempt' },
  G: { taxability: 'exempt' },
  O: { taxability: 'not_taxable' },
};

function breakdown({ basis, amount, rate, category, reason }: TaxRow): TaxBreakdown {
  const taxable = formatDecimal(basis ?? '');
  const tax = formatDecimal(amount ?? '');
  const percent = formatDecimal(rate ?? '');
  return {
    ...(taxable !== null && { taxable_amount: taxable }),
    ...(tax !== null && { tax_amount: tax }),
    ...(percent !== null && { tax_rate: percent }),
    ...categories[category ?? ''],
    ...(reason != null && { tax_exemption_reason: reason }),
  };
}

function inWords({ basis, amount, rate, category, reason }: TaxRow): string {
  const parts = [rate == null ? undefined : `${rate} %`, `on ${basis ?? '?'}`, `= ${amount ?? '?'}`, category, reason];
  return parts.filter((part) => part != null).join(' ');
}
