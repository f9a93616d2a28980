import type { SandboxLimits } from '../../limits.js';
import { readEInvoice } from '../e-invoice.js';
import type { InvoiceFields } from '../invoice-fields.js';
import { UnreadableInvoiceError } from '../unreadable.js';

/** What was read of a file; undefined for one that is no e-invoice. */
export type Reading = InvoiceFields | UnreadableInvoiceError | undefined;

/** The same, as one thread tells it to another. */
export type ToldReading = { readonly fields: InvoiceFields | undefined } | { readonly unreadable: string };

/** Reads in this thread, for as long as it takes. Never rejects. */
export async function readHere(bytes: Uint8Array, limits: SandboxLimits): Promise<ToldReading> {
  try {
    return { fields: await readEInvoice(bytes, limits) };
  } catch (error) {
    return { unreadable: error instanceof UnreadableInvoiceError ? error.message : 'The file cannot be read.' };
  }
}

/** What another thread told. */
export function toldReading(told: ToldReading): Reading {
  return 'unreadable' in told ? new UnreadableInvoiceError(told.unreadable) : told.fields;
}
