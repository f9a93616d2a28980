import { setTimeout as pause } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { InvoicesService } from '../invoices/invoices.service.js';
import type { InvoiceView } from '../invoices/present-invoice.js';
import { sampleInvoice } from './sample-invoice.js';

const lookEveryMs = 100;

/** Shows a newcomer the whole way of one document, told line by line. */
@Injectable()
export class SampleService {
  readonly #logger = new Logger('Sample');

  constructor(private readonly invoices: InvoicesService) {}

  /**
   * Sends a generated invoice if there is none yet, and follows it until it is a draft bill, needs a person, or
   * `signal` is aborted.
   */
  async run(signal: AbortSignal): Promise<void> {
    const { data } = await this.invoices.list({ limit: 1 });
    if (data.length > 0) return;
    const sample = sampleInvoice(new Date());
    this.#logger.log(`No invoices yet: sending a generated one (${sample.number} from ${sample.seller.name})`);
    // The fonts and the PDF library are heavy, and needed once.
    const { facturX } = await import('./sample-pdf.js');
    const { invoice } = await this.invoices.submit({
      sourceId: 'sample',
      file: await facturX(sample),
      filename: 'sample-factur-x.pdf',
    });
    await this.#follow(invoice, signal);
  }

  async #follow(submitted: InvoiceView, signal: AbortSignal): Promise<void> {
    let told = 0;
    for (let invoice: InvoiceView | null = submitted; invoice; invoice = await this.invoices.find(submitted.sourceId)) {
      for (const { at, what } of invoice.timeline.slice(told)) this.#logger.log(`${at.slice(11, 23)}  ${what}`);
      told = invoice.timeline.length;
      const end = endOf(invoice);
      if (end !== null) {
        this.#logger.log(end);
        return;
      }
      await pause(lookEveryMs, undefined, { signal });
    }
  }
}

function endOf({ sourceId, bill, review, problem }: InvoiceView): string | null {
  if (bill)
    return `Draft bill ${bill.documentNumber} of ${bill.vendorName}: ${bill.grossAmount} ${bill.currency}, due ${bill.paymentDueDate ?? 'at once'} (GET /bills/${sourceId})`;
  if (review) return `It needs a person (GET /reviews/${sourceId})`;
  return problem?.retryAt === null ? `It cannot go on: ${problem.message}` : null;
}
