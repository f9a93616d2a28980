import Big from 'big.js';
import { validateIBAN, ValidationErrorsIBAN } from 'ibantools';
import { namesCurrency } from './currencies.js';

/** What is at stake when a field is wrong. */
export type ExdataFieldClass = 'money' | 'tax' | 'vendor';

/** Why a person has to look. */
export type ExdataDoubtReason =
  /** exdata reported nothing: unseen, inapplicable or too uncertain. */
  | 'missing'
  /** Reported, but not in the form that exdata documents for the field. */
  | 'malformed'
  /** Net and taxes do not add up to gross. */
  | 'sum_differs'
  /** No bank can have given out this IBAN: its check digits, its length or its form do not fit its country. */
  | 'wrong_checksum'
  /** exdata is certain that the document is something else, such as a reminder of an invoice. */
  | 'not_an_invoice';

/** The part of exdata's extracted fields that a review reads. */
export interface ExdataReviewedField {
  readonly value: unknown;
  /** What exdata saw in the document, for a person to choose from. */
  readonly candidates: readonly unknown[] | null;
}

/** One reason why a person has to look at one field. */
export interface ExdataDoubt {
  /** exdata's name of the field. */
  readonly field: string;
  readonly class: ExdataFieldClass;
  readonly reason: ExdataDoubtReason;
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
} as const satisfies Record<string, ExdataFieldClass>;

type InvoiceField = keyof typeof classes;

/**
 * exdata's standard types that nobody owes money for by themselves (exdata docs: Custom types). Other types are the
 * account's own: it knows them.
 */
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
const tolerance = new Big('0.005');

/**
 * Amounts as exdata writes them (exdata docs: Extractions). Big reads more, such as `1e999999`, and works for as long
 * as the text says.
 */
const amountShape = /^-?\d{1,30}(?:\.\d{1,15})?$/;

/** The longest and shortest that an IBAN of any country is (ISO 13616). */
const ibanShape = /^[A-Z]{2}\d{2}[A-Z0-9]{11,30}$/;

/** What a mistake in this field would touch; `null` for fields that a bill can do without. */
export function exdataFieldClass(field: string): ExdataFieldClass | null {
  return Object.hasOwn(classes, field) ? classes[field as InvoiceField] : null;
}

/**
 * Says what is doubtful about an extracted invoice or credit note; an empty list means beyond doubt. Number, vendor,
 * currency, net and gross must be there, the currency must be one of ISO 4217, amounts must be decimals, net plus taxes
 * must be gross, and an IBAN must have the check digits, length and form of its country. Taxes that are not reported
 * count as zero. Candidates never raise a doubt by themselves: exdata reports a `value` only when it is certain (exdata
 * docs: Extractions).
 * @param fields exdata's fields by name; a field that is absent reads like one whose value is null
 */
export function reviewExdataInvoice(fields: Readonly<Record<string, ExdataReviewedField | undefined>>): ExdataDoubt[] {
  const doubts: ExdataDoubt[] = [];
  const valueOf = (field: InvoiceField) => (Object.hasOwn(fields, field) ? (fields[field]?.value ?? null) : null);
  const doubt = (field: InvoiceField, reason: ExdataDoubtReason) => {
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
  const net = amountFrom(valueOf('net_amount'));
  const gross = amountFrom(valueOf('gross_amount'));
  if (tax && net && gross && net.plus(tax).minus(gross).abs().gt(tolerance)) doubt('gross_amount', 'sum_differs');

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

function isCurrency(value: unknown): boolean {
  return typeof value === 'string' && namesCurrency(value);
}

function isAmount(value: unknown): boolean {
  return amountFrom(value) !== null;
}

function amountFrom(value: unknown): Big | null {
  return typeof value === 'string' && amountShape.test(value) ? new Big(value) : null;
}

/** The sum of the rows' tax amounts; `null` when a row does not say a well-formed one. */
function sumOfTaxes(breakdowns: unknown): Big | null {
  if (breakdowns === null) return new Big(0);
  if (!Array.isArray(breakdowns)) return null;
  return breakdowns.reduce<Big | null>((sum, row: unknown) => {
    const amount = amountFrom(taxAmount(row));
    return sum && amount && sum.plus(amount);
  }, new Big(0));
}

/**
 * Spaces between groups are allowed. Check digits that a country puts inside the account number are not asked about:
 * the examples of e-invoicing standards break them, and not every bank keeps to them.
 */
function isIban(value: string): boolean {
  const compact = value.replaceAll(' ', '');
  if (!ibanShape.test(compact)) return false;
  return validateIBAN(compact).errorCodes.every((code) => code === ValidationErrorsIBAN.WrongAccountBankBranchChecksum);
}

function taxAmount(row: unknown): unknown {
  return typeof row === 'object' && row !== null && 'tax_amount' in row ? row.tax_amount : null;
}
