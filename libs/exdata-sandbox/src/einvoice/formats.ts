const decimal = /^([+-]?)(\d*)(?:\.(\d*))?$/;
/** No amount is longer; trailing noughts of one that were would be looked for over and over. */
const longestDecimal = 100;

/**
 * An `xs:decimal` as exdata writes amounts and rates: dot-decimal with at least two places (`182.2` becomes `182.20`);
 * more places are kept.
 * @returns null for what is no decimal number
 */
export function formatDecimal(text: string): string | null {
  if (text.length > longestDecimal) return null;
  const [, sign = '', whole = '', fraction = ''] = decimal.exec(text) ?? [];
  if (whole === '' && fraction === '') return null;
  const digits = whole.replace(/^0+(?=\d)/, '') || '0';
  const places = fraction.replace(/0+$/, '').padEnd(2, '0');
  const zero = !/[1-9]/.test(digits + places);
  return `${sign === '-' && !zero ? '-' : ''}${digits}.${places}`;
}

/** @returns an IBAN in electronic form: no spaces, upper case (ISO 13616) */
export function formatIban(text: string): string {
  return text.replace(/\s/g, '').toUpperCase();
}

/** Whether a text has the shape of an IBAN; its check digits are not looked at. */
export function looksLikeIban(text: string): boolean {
  return /^[A-Z]{2}\d{2}[A-Z0-9]{8,30}$/.test(formatIban(text));
}

/** @returns an ISO 4217 code in upper case, or null for another text */
export function formatCurrency(text: string): string | null {
  const code = text.toUpperCase();
  return /^[A-Z]{3}$/.test(code) ? code : null;
}

/**
 * An `xs:date` or `xs:dateTime` as `YYYY-MM-DD`; a time and a time zone are dropped.
 * @returns null for what is no date of the calendar
 */
export function formatIsoDate(text: string): string | null {
  const [, year = '', month = '', day = ''] = /^(\d{4})-(\d{2})-(\d{2})(?:T.*|Z|[+-]\d{2}:\d{2})?$/.exec(text) ?? [];
  return calendarDate(year, month, day);
}

/** UN/EDIFACT code list 2379 for dates that name a day -> where year, month and day stand. */
const edifactDates: Readonly<Record<string, RegExp>> = {
  '101': /^(?<year>\d{2})(?<month>\d{2})(?<day>\d{2})$/,
  '102': /^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})$/,
  '203': /^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})\d{4}$/,
  '204': /^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})\d{6}$/,
  '205': /^(?<year>\d{4})(?<month>\d{2})(?<day>\d{2})\d{4}[+-]?\d{4}$/,
};

/**
 * A CII date by its format code (UN/EDIFACT 2379; 102 is `CCYYMMDD`). A month (610) or a week (616) names no day, and a
 * guessed day would be worse than none: such a date has no value.
 * @returns null when no day can be told
 */
export function formatEdifactDate(text: string, format = '102'): string | null {
  // Eight digits that are a day of the calendar say so themselves, whatever unknown code stands beside them.
  const groups = (edifactDates[format] ?? edifactDates['102'])?.exec(text)?.groups;
  if (groups === undefined) return formatIsoDate(text);
  const { year = '', month = '', day = '' } = groups;
  return calendarDate(year.length === 2 ? `20${year}` : year, month, day);
}

function calendarDate(year: string, month: string, day: string): string | null {
  const date = `${year}-${month}-${day}`;
  const time = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(time) && new Date(time).toISOString().startsWith(date) ? date : null;
}
