import { setTimeout as pause } from 'node:timers/promises';
import { z } from 'zod';
import { patienceMs } from '../until.js';

const bill = z.object({
  sourceId: z.string(),
  exdataDocumentId: z.number(),
  documentType: z.string().nullable(),
  documentNumber: z.string(),
  issueDate: z.string().nullable(),
  paymentDueDate: z.string().nullable(),
  vendorName: z.string(),
  customerName: z.string().nullable(),
  currency: z.string(),
  netAmount: z.string(),
  grossAmount: z.string(),
  iban: z.string().nullable(),
  taxBreakdowns: z.array(
    z.object({
      taxableAmount: z.string().nullable(),
      taxAmount: z.string().nullable(),
      taxRate: z.string().nullable(),
    }),
  ),
  status: z.literal('draft'),
});

const review = z.object({
  sourceId: z.string(),
  exdataDocumentId: z.number(),
  status: z.enum(['open', 'decided']),
  outcome: z.enum(['completed', 'error', 'blocked', 'unread']),
  requestId: z.string().nullable(),
  processingError: z.string().nullable(),
  blockedReason: z.string().nullable(),
  fields: z.array(
    z.object({
      field: z.string(),
      class: z.string().nullable(),
      value: z.unknown(),
      candidates: z.array(z.unknown()).nullable(),
      reasons: z.array(z.string()),
    }),
  ),
  decision: z.object({ fields: z.record(z.string(), z.unknown()), at: z.string() }).nullable(),
});

const invoice = z.object({
  sourceId: z.string(),
  filename: z.string(),
  size: z.number(),
  sha256: z.string(),
  state: z.string(),
  exdata: z
    .object({
      documentId: z.number().nullable(),
      mode: z.string().nullable(),
      requestId: z.string().nullable(),
      isEInvoice: z.boolean().nullable(),
    })
    .nullable(),
  problem: z.object({ code: z.string() }).nullable(),
  bill: bill.nullable(),
  review: review.nullable(),
  timeline: z.array(
    z.object({
      at: z.iso.datetime(),
      what: z.string(),
      requestId: z.string().optional(),
      deliveryId: z.string().optional(),
    }),
  ),
});

export type Invoice = z.infer<typeof invoice>;
export type Bill = z.infer<typeof bill>;
export type Review = z.infer<typeof review>;

interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** The body read as JSON; null if it is none. */
  readonly json: unknown;
}

export interface UploadParts {
  readonly file?: Uint8Array | string;
  readonly filename?: string;
  readonly type?: string;
  readonly sourceId?: string;
  readonly locale?: string;
}

/** The demo as its users see it: over HTTP, in the shapes that demo-api.md promises. */
export class DemoClient {
  constructor(readonly url: string) {}

  async call(method: string, path: string, init: RequestInit = {}): Promise<Answer> {
    const response = await fetch(this.url + path, { method, ...init });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.startsWith('application/json') === true;
    return { status: response.status, headers: response.headers, text, json: isJson ? JSON.parse(text) : null };
  }

  post(path: string, body: unknown): Promise<Answer> {
    return this.call('POST', path, { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } });
  }

  upload({ file, filename = 'invoice.pdf', type = 'application/pdf', sourceId, locale }: UploadParts): Promise<Answer> {
    const form = new FormData();
    if (sourceId !== undefined) form.set('sourceId', sourceId);
    if (locale !== undefined) form.set('locale', locale);
    if (file !== undefined) form.set('file', new Blob([file], { type }), filename);
    return this.call('POST', '/invoices', { body: form });
  }

  async invoice(sourceId: string): Promise<Invoice> {
    return invoice.parse((await this.call('GET', `/invoices/${encodeURIComponent(sourceId)}`)).json);
  }

  async invoices(query = ''): Promise<{ data: Invoice[]; next: string | null }> {
    const page = z.object({ data: z.array(invoice), next: z.string().nullable() });
    return page.parse((await this.call('GET', `/invoices${query}`)).json);
  }

  async bills(): Promise<Bill[]> {
    return z.object({ data: z.array(bill) }).parse((await this.call('GET', '/bills')).json).data;
  }

  async review(sourceId: string): Promise<Review> {
    return review.parse((await this.call('GET', `/reviews/${encodeURIComponent(sourceId)}`)).json);
  }

  /** Looks again until the invoice satisfies `holds`. */
  async until(sourceId: string, holds: (seen: Invoice) => boolean): Promise<Invoice> {
    const giveUp = AbortSignal.timeout(patienceMs);
    for (;;) {
      const seen = await this.invoice(sourceId);
      if (holds(seen)) return seen;
      if (giveUp.aborted) throw new Error(`${sourceId} did not get there: ${JSON.stringify(seen)}`);
      await pause(25);
    }
  }

  /** Waits for the bill or the review item. */
  settled(sourceId: string): Promise<Invoice> {
    return this.until(sourceId, ({ bill: made, review: asked }) => made !== null || asked !== null);
  }
}

let made = 0;

/** Bytes that pass for a PDF and are like no others. */
export function somePdf(): string {
  return `%PDF-1.7\n% test ${process.pid} ${++made}\n%%EOF\n`;
}
