import type { InvoiceView } from '../invoices/present-invoice.js';
import { type Html, html } from './html.js';
import { page } from './layout.js';

/** The first page: the latest invoices, where each stands and how it got there. */
export function invoicesPage(invoices: readonly InvoiceView[]): string {
  return page(
    { title: 'Invoices', refreshEvery: 5 },
    html`
      <h1>Invoices</h1>
      <p class="quiet">The newest first. Send one with <code>curl -F file=@invoice.pdf</code> to <code>/invoices</code>.</p>
      ${
        invoices.length === 0
          ? html`<p>None yet.</p>`
          : html`<ul class="invoices">
              ${invoices.map(invoiceItem)}
            </ul>`
      }
    `,
  );
}

function invoiceItem({ sourceId, filename, state, exdata, bill, review, problem, timeline }: InvoiceView): Html {
  const id = encodeURIComponent(sourceId);
  return html`
    <li>
      <div class="head">
        <h2><a href="/invoices/${id}">${filename}</a></h2>
        <span class="state ${state}">${state}</span>
        <span class="quiet">${sourceId}${exdata && html` · exdata ${exdata.documentId ?? 'id not known yet'}`}</span>
      </div>
      ${bill && html`<p>Draft bill <a href="/bills/${id}">${bill.documentNumber}</a>: ${bill.vendorName}, <strong>${bill.grossAmount} ${bill.currency}</strong></p>`}
      ${review && html`<p>${review.decision ? 'Decided by a person' : 'Needs a person'}: <a href="/reviews/${id}">${whyReviewed(review)}</a></p>`}
      ${problem && html`<p class="problem">${problem.message} <code>${problem.code}</code></p>`}
      <ol class="timeline">
        ${timeline.map(({ at, what }) => html`<li><time datetime="${at}">${at.slice(11, 19)}</time> ${what}</li>`)}
      </ol>
    </li>
  `;
}

function whyReviewed({ outcome, processingError, blockedReason, fields }: NonNullable<InvoiceView['review']>): string {
  if (outcome === 'error') return `exdata could not read it${processingError === null ? '' : ` (${processingError})`}`;
  if (outcome === 'blocked') return `exdata blocked it${blockedReason === null ? '' : ` (${blockedReason})`}`;
  return fields
    .filter(({ reasons }) => reasons.length > 0)
    .map(({ field, reasons }) => `${field} ${reasons.join(' and ')}`.replaceAll('_', ' '))
    .join(', ');
}
