import type { ReviewView } from '../reviews/present-review.js';
import { linkTo } from './document-parts.js';
import { type Html, html } from './html.js';
import { fieldInWords, valueInWords } from './in-words.js';
import { page } from './layout.js';
import { whyReviewed } from './why-reviewed.js';

/**
 * One document to decide: every field with its value, what exdata saw in the document, and why a person has to look.
 */
export function reviewItemPage(item: ReviewView): string {
  const { sourceId, exdataDocumentId, requestId, status, fields, decision } = item;
  const way = `/reviews/${encodeURIComponent(sourceId)}/decision`;
  return page(
    { title: `Review of ${sourceId}`, section: '/review' },
    html`
      <div class="head">
        <h1>${sourceId}</h1>
        <span class="state ${status}">${status}</span>
        <span class="quiet"
          >exdata ${exdataDocumentId}${requestId === null ? null : html` · request ${requestId}`}</span
        >
      </div>
      <p class="problem">${whyReviewed(item)}</p>
      ${fields.length > 0 ? fieldTable(fields, decision) : null}
      ${
        decision === null
          ? html`<p>
              Decide with <code>POST ${way}</code> and <code>{ "fields": { "gross_amount": "119.00" } }</code>: the
              fields to change, the others stay.
            </p>`
          : html`<p>Decided at ${decision.at}: <a href="/bills/${encodeURIComponent(sourceId)}">the bill</a>.</p>`
      }
      <p><a href="${linkTo('/ops', sourceId)}">What happened to the document</a></p>
    `,
  );
}

/** Those in doubt first. */
function fieldTable(fields: ReviewView['fields'], decision: ReviewView['decision']): Html {
  const ordered = [...fields].sort(
    (one, other) => Number(one.reasons.length === 0) - Number(other.reasons.length === 0),
  );
  return html`<div class="wide">
    <table>
      <thead>
        <tr>
          <th scope="col">Field</th>
          <th scope="col">Value</th>
          <th scope="col">Seen in the document</th>
          <th scope="col">Why</th>
        </tr>
      </thead>
      <tbody>
        ${ordered.map(
          ({ field, class: touches, value, candidates, reasons }) =>
            html`<tr class="${reasons.length > 0 ? 'doubt' : ''}">
              <th scope="row">${fieldInWords(field)} ${touches && html`<span class="quiet">${touches}</span>`}</th>
              <td>${valueInWords(decision && field in decision.fields ? decision.fields[field] : value)}</td>
              <td>${candidates?.map((candidate) => html`<div>${valueInWords(candidate)}</div>`)}</td>
              <td>${reasons.map(fieldInWords).join(', ')}</td>
            </tr>`,
        )}
      </tbody>
    </table>
  </div>`;
}
