import type { InvoiceView } from '../invoices/present-invoice.js';
import { stateMeanings } from './advice.js';
import { idLine, linkTo, problemNote, stateBadge } from './document-parts.js';
import { type Html, html } from './html.js';
import { page } from './layout.js';
import { whyReviewed } from './why-reviewed.js';

/** The first page: the latest invoices, where each stands and how it got there. */
export function invoicesPage(invoices: readonly InvoiceView[]): string {
  return page(
    { title: 'Invoices', section: '/', refreshEvery: 5 },
    html`
      <h1>Invoices</h1>
      <p class="quiet">
        The newest first. Send one with <code>curl -F file=@invoice.pdf</code> to <code>/invoices</code>.
      </p>
      ${
        invoices.length === 0
          ? html`<p>None yet.</p>`
          : html`<ul class="cards">
              ${invoices.map(invoiceItem)}
            </ul>`
      }
    `,
  );
}

function invoiceItem(invoice: InvoiceView): Html {
  const { sourceId, filename, state, bill, review, problem, timeline } = invoice;
  return html`
    <li>
      <div class="head">
        <h2><a href="${linkTo('/ops', sourceId)}">${filename}</a></h2>
        ${stateBadge(state)} ${idLine(invoice)}
      </div>
      <p class="quiet">${stateMeanings[state]}</p>
      ${
        bill &&
        html`<p>
          Draft bill <a href="/bills/${encodeURIComponent(sourceId)}">${bill.documentNumber}</a>: ${bill.vendorName},
          <strong>${bill.grossAmount} ${bill.currency}</strong>
        </p>`
      }
      ${
        review &&
        html`<p>
          ${review.decision ? 'Decided by a person' : 'Needs a person'}:
          <a href="${linkTo('/review', sourceId)}">${whyReviewed(review)}</a>
        </p>`
      }
      ${problem && review === null ? problemNote(problem) : null}
      <ol class="timeline">
        ${timeline.map(({ at, what }) => html`<li><time datetime="${at}">${at.slice(11, 19)}</time> ${what}</li>`)}
      </ol>
    </li>
  `;
}
