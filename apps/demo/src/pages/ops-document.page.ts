import type { InvoiceView } from '../invoices/present-invoice.js';
import { adviceFor, stateMeanings } from './advice.js';
import { linkTo, problemNote, stateBadge, time } from './document-parts.js';
import { type Html, html } from './html.js';
import { page } from './layout.js';
import { whyReviewed } from './why-reviewed.js';

/** One document: its ids, where it stands, what is wrong, how it got there, and what is safe to do. */
export function opsDocumentPage(document: InvoiceView): string {
  const { sourceId, filename, state, bill, review, problem } = document;
  return page(
    { title: filename, section: '/ops', refreshEvery: 15 },
    html`
      <div class="head">
        <h1>${filename}</h1>
        ${stateBadge(state)}
      </div>
      <p>${stateMeanings[state]}</p>
      ${problem && problemNote(problem)}
      <section class="next">
        <h2>What is safe to do next</h2>
        <p>${adviceFor(document)}</p>
        ${review && html`<p>Review: <a href="${linkTo('/review', sourceId)}">${whyReviewed(review)}</a></p>`}
        ${bill && html`<p>Draft bill: <a href="/bills/${encodeURIComponent(sourceId)}">${bill.documentNumber}</a></p>`}
      </section>
      <h2>Ids</h2>
      ${ids(document)}
      <h2>What happened</h2>
      ${timeline(document.timeline)}
    `,
  );
}

function ids({ sourceId, state, exdata, size, sha256 }: InvoiceView): Html {
  const unknown = state === 'rejected' ? 'none' : 'not known yet';
  const rows = [
    ['Source id, here', sourceId],
    ['Document id, at exdata', exdata?.documentId ?? unknown],
    ['X-Request-ID, to name to exdata’s support', exdata?.requestId ?? 'none yet'],
    ['Mode', exdata?.mode ?? unknown],
    ['Size', `${size} bytes`],
    ['SHA-256', sha256],
  ] as const;
  return html`<dl>
    ${rows.map(
      ([name, value]) =>
        html`<dt>${name}</dt>
          <dd><code>${value}</code></dd>`,
    )}
  </dl>`;
}

function timeline(events: InvoiceView['timeline']): Html {
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          <th scope="col">When</th>
          <th scope="col">What</th>
          <th scope="col">X-Request-ID</th>
          <th scope="col">X-Delivery</th>
        </tr>
      </thead>
      <tbody>
        ${events.map(
          ({ at, what, requestId, deliveryId }) =>
            html`<tr>
              <td>${time(at)}</td>
              <td>${what}</td>
              <td><code>${requestId}</code></td>
              <td><code>${deliveryId}</code></td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
