/** The file says it is an invoice in XML but cannot be read as one. Such a document ends as `error`. */
export class UnreadableInvoiceError extends Error {
  override readonly name = 'UnreadableInvoiceError';
}
