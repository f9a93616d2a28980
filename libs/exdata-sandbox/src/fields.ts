/**
 * One extracted field as exdata answers it (exdata docs: Extractions): `value` feeds automation, `candidates` feed
 * human review.
 */
export interface ExtractionField {
  /** A string, an array, an object or null. */
  readonly value: unknown;
  readonly candidates: readonly unknown[] | null;
}

/** Fields by name; further keys may appear. */
export type ExtractionFields = Readonly<Record<string, ExtractionField>>;

/**
 * One row of `tax_breakdowns`. Amounts are dot-decimal strings, rates look like `19.00`; a key whose value is unknown
 * is left out.
 */
export interface TaxBreakdown {
  readonly taxable_amount?: string;
  readonly tax_amount?: string;
  readonly tax_rate?: string;
  readonly taxability?: string;
  readonly tax_collection_mechanism?: string;
  readonly tax_exemption_reason?: string;
}

/** The eleven fields that the contract names. */
export const standardFields = [
  'type',
  'document_number',
  'issue_date',
  'payment_due_date',
  'sender_name',
  'recipient_name',
  'currency',
  'net_amount',
  'gross_amount',
  'tax_breakdowns',
  'iban',
] as const;

/** The name of a field that the contract knows. */
export type StandardField = (typeof standardFields)[number];

/** @returns a field that was not found */
export const absent: ExtractionField = { value: null, candidates: null };
