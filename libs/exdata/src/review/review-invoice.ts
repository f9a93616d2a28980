import { add, type Decimal, isWithin, parseDecimal, zero } from './decimal.js';
import { isIban } from './iban.js';

/** What is at stake when a field is wrong. */
export type FieldClass = 'money' | 'tax' | 'vendor';

/** Why a person has to look. */
export type DoubtReason =
  /** exdata reported nothing: unseen, inapplicable or too uncertain. */
  | 'missing'
  /** Reported, but not in the form that exdata documents for the field. */
  | 'malformed'
  /** Net and taxes do not add up to gross. */
  | 'sum_differs'
  /** The check digits of the IBAN do not fit. */
  | 'wrong_checksum'
  /** exdata is certain that the document is something else, such as a reminder of an invoice. */
  | 'not_an_invoice';

/** The part of exdata's extracted fields that a review reads. */
export interface ReviewedField {
  readonly value: unknown;
  /** What exdata saw in the document, for a person to choose from. */
  readonly candidates: readonly unknown[] | null;
}

/** One reason why a person has to look at one field. */
export interface Doubt {
  /** exdata's name of the field. */
  readonly field: string;
  readonly class: FieldClass;
  readonly reason: DoubtReason;
  readonly candidates: readonly unknown[] | null;
}

const classes = {
  type: 'money',
  document_number: 'money',
  currency: 'money',
  net_amount: 'money',
  gross_amount: 'money',
  tax_breakdowns: 'tax',
  sender_name: 'vendor',
  iban: 'vendor',
} as const satisfies Record<string, FieldClass>;

type InvoiceField = keyof typeof classes;

/** exdata's standard types that nobody owes money for by themselves (exdata docs: Custom types). Other types are the account's own: it knows them. */
const notInvoices: readonly unknown[] = [
  'reminder',
  'salary-statement',
  'bank-statement',
  'contract',
  'balance-sheet',
  'tax-assessment-note',
  'timesheet',
  'letter',
  'other',
];

/** Half of the smallest coin of two places: amounts may be reported with more places than the document prints. */
const tolerance: Decimal = { unscaled: 5n, scale: 3 };

/** What a mistake in this field would touch; `null` for fields that a bill can do without. */
export function fieldClass(field: string): FieldClass | null {
  return Object.hasOwn(classes, field) ? classes[field as InvoiceField] : null;
}

/**
 * Says what is doubtful about an extracted invoice or credit note; an empty list means beyond doubt. Number, vendor, currency, net and gross must
 * be there, amounts must be decimals, net plus taxes must be gross, and an IBAN must bear its check digits. Taxes that are not reported
 * count as zero. Candidates never raise a doubt by themselves: exdata reports a `value` only when it is certain (exdata docs: Extractions).
 * @param fields exdata's fields by name; a field that is absent reads like one whose value is null
 */
export function reviewInvoice(fields: Readonly<Record<string, ReviewedField | undefined>>): Doubt[] {
  const doubts: Doubt[] = [];
  const valueOf = (field: InvoiceField) => (Object.hasOwn(fields, field) ? (fields[field]?.value ?? null) : null);
  const doubt = (field: InvoiceField, reason: DoubtReason) => {
    doubts.push({ field, class: classes[field], reason, candidates: fields[field]?.candidates ?? null });
  };
  const demand = (field: InvoiceField, isWellFormed: (value: unknown) => boolean) => {
    const value = valueOf(field);
    if (value === null || isBlank(value)) doubt(field, 'missing');
    else if (!isWellFormed(value)) doubt(field, 'malformed');
  };

  if (notInvoices.includes(valueOf('type'))) doubt('type', 'not_an_invoice');
  demand('document_number', isText);
  demand('sender_name', isText);
  demand('currency', isCurrency);
  demand('net_amount', isAmount);
  demand('gross_amount', isAmount);

  const tax = sumOfTaxes(valueOf('tax_breakdowns'));
  if (tax === null) doubt('tax_breakdowns', 'malformed');
  const net = parseDecimal(valueOf('net_amount'));
  const gross = parseDecimal(valueOf('gross_amount'));
  if (tax && net && gross && !isWithin(add(net, tax), gross, tolerance)) doubt('gross_amount', 'sum_differs');

  const iban = valueOf('iban');
  if (iban !== null && !isBlank(iban)) {
    if (typeof iban !== 'string') doubt('iban', 'malformed');
    else if (!isIban(iban)) doubt('iban', 'wrong_checksum');
  }
  return doubts;
}

function isBlank(value: unknown): boolean {
  return typeof value === 'string' && value.trim() === '';
}

function isText(value: unknown): boolean {
  return typeof value === 'string';
}

/** The shape of an ISO 4217 code. */
function isCurrency(value: unknown): boolean {
  return typeof value === 'string' && /^[A-Z]{3}$/.test(value);
}

function isAmount(value: unknown): boolean {
  return parseDecimal(value) !== null;
}

/** The sum of the rows' tax amounts; `null` when a row does not say a well-formed one. */
function sumOfTaxes(breakdowns: unknown): Decimal | null {
  if (breakdowns === null) return zero;
  if (!Array.isArray(breakdowns)) return null;
  return breakdowns.reduce<Decimal | null>((sum, row: unknown) => {
    const amount = parseDecimal(taxAmount(row));
    return sum && amount && add(sum, amount);
  }, zero);
}

function taxAmount(row: unknown): unknown {
  return typeof row === 'object' && row !== null && 'tax_amount' in row ? row.tax_amount : null;
}
