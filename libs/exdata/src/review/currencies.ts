import { codes } from 'currency-codes';

/** Codes of ISO 4217 that name no currency: for tests, and for dealings without money. */
const none = ['XTS', 'XXX'];

/**
 * Both lists, since each lacks what an invoice may bear: the package's is as old as its release (XCG came later), that
 * of the JavaScript engine is kept with Node.js but leaves out units of account (CLF).
 */
const currencies = new Set([...codes(), ...Intl.supportedValuesOf('currency')].filter((code) => !none.includes(code)));

/**
 * Whether `code` names a currency by ISO 4217, in capitals as exdata writes it; withdrawn ones that old invoices bear
 * may count too.
 */
export function namesCurrency(code: string): boolean {
  return currencies.has(code);
}
