import type { Attention } from '../invoices/attention.js';
import type { InvoiceView } from '../invoices/present-invoice.js';
import { adviceFor, isOfAccount, stateMeanings } from './advice.js';
import { idLine, linkTo, problemNote, stateBadge, time } from './document-parts.js';
import { type Html, html } from './html.js';
import { page } from './layout.js';
import { whyReviewed } from './why-reviewed.js';

/** For whoever is on duty: what stands still, and which documents need a person. @param toReview how many completed ones do */
export function opsPage({ needPerson, waiting }: Attention, toReview: number): string {
  return page(
    { title: 'Operations', section: '/ops', refreshEvery: 15 },
    html`
      <h1>Operations</h1>
      ${holds([...needPerson, ...waiting])}
      <h2>Documents that need a person</h2>
      ${toReview > 0 ? html`<p><a href="/review">${toReview === 1 ? '1 document' : `${toReview} documents`} to review</a>: read, with fields in doubt.</p>` : null}
      ${needPerson.length === 0 ? html`<p class="quiet">None.</p>` : cards(needPerson)}
      <h2>Documents that wait</h2>
      ${waiting.length === 0 ? html`<p class="quiet">None.</p>` : cards(waiting)}
    `,
  );
}

/** What keeps the whole account from sending, told once instead of at every document. */
function holds(documents: readonly InvoiceView[]): Html | null {
  const byCode = new Map<string, InvoiceView[]>();
  for (const document of documents) {
    const code = document.review?.decision ? undefined : document.problem?.code;
    if (code !== undefined && isOfAccount(code)) byCode.set(code, [...(byCode.get(code) ?? []), document]);
  }
  if (byCode.size === 0) return null;
  return html`<section class="hold">
    <h2>The account is held up</h2>
    ${[...byCode].map(([code, held]) => hold(code, held))}
  </section>`;
}

function hold(code: string, [newest, ...others]: readonly InvoiceView[]): Html | null {
  if (newest === undefined) return null;
  const retryAt = newest.problem?.retryAt;
  return html`<p>
    <code>${code}</code>, ${others.length + 1}
    ${others.length === 0 ? 'document' : 'documents'}${retryAt && html`, tried again at ${time(retryAt)}`}. ${adviceFor(newest)}
  </p>`;
}

function cards(documents: readonly InvoiceView[]): Html {
  return html`<ul class="cards">
    ${documents.map(card)}
  </ul>`;
}

function card(document: InvoiceView): Html {
  const { sourceId, filename, state, problem, review } = document;
  return html`
    <li>
      <div class="head">
        <h3><a href="${linkTo('/ops', sourceId)}">${filename}</a></h3>
        ${stateBadge(state)} ${idLine(document)}
      </div>
      <p class="quiet">${stateMeanings[state]}</p>
      ${review && html`<p>Review: <a href="${linkTo('/review', sourceId)}">${whyReviewed(review)}</a></p>`}
      ${problem && review === null ? problemNote(problem) : null}
      <p><strong>Next:</strong> ${adviceFor(document)}</p>
    </li>
  `;
}
