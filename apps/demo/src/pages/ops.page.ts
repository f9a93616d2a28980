import type { HoldView } from '../accounts/holds.service.js';
import type { ExdataLink } from 'nestjs-exdata';
import type { GivenUp } from '../deliveries/deliveries.service.js';
import type { Attention } from '../invoices/attention.js';
import type { InvoiceView } from '../invoices/present-invoice.js';
import { adviceFor, stateMeanings } from './advice.js';
import { idLine, linkTo, problemNote, stateBadge, time } from './document-parts.js';
import { givenUp } from './given-up.js';
import { type Html, html } from './html.js';
import { page } from './layout.js';
import { whyReviewed } from './why-reviewed.js';

/**
 * For whoever is on duty: what stands still, and which documents need a person. @param toReview how many completed ones
 * do
 */
export function opsPage(
  { needPerson, waiting }: Attention,
  toReview: number,
  holds: readonly HoldView[],
  dead: GivenUp,
  others: readonly ExdataLink[],
): string {
  return page(
    { title: 'Operations', section: '/ops', refreshEvery: 15 },
    html`
      <h1>Operations</h1>
      ${holds.map(holdNote)}
      <h2>Documents that need a person</h2>
      ${toReview > 0 ? html`<p><a href="/review">${toReview === 1 ? '1 document' : `${toReview} documents`} to review</a>: read, with fields in doubt.</p>` : null}
      ${needPerson.length === 0 ? html`<p class="quiet">None.</p>` : cards(needPerson)}
      <h2>Deliveries and handlers that were given up</h2>
      ${givenUp(dead)}
      <h2>Documents that wait</h2>
      ${waiting.length === 0 ? html`<p class="quiet">None.</p>` : cards(waiting)}
      ${others.length === 0 ? null : leftAlone(others)}
    `,
  );
}

function holdNote({ account, reason, since, requestId, advice }: HoldView): Html {
  return html`<section class="hold">
    <h2>The account ${account} is on hold</h2>
    <p>${advice} <code>${reason}</code></p>
    <p class="quiet">
      Since ${time(since)}${requestId && html`, request <code>${requestId}</code>`}. Release it with
      <code>POST /accounts/${encodeURIComponent(account)}/release</code>.
    </p>
  </section>`;
}

/** What was submitted while the application ran in the other mode. */
function leftAlone(documents: readonly ExdataLink[]): Html {
  return html`
    <h2>Documents of the other mode</h2>
    <p class="quiet">
      They are neither sent nor asked for here. Whoever starts the application in their mode goes on with them.
    </p>
    <ul class="cards">
      ${documents.map(
        ({ mode, sourceId, filename, state }) =>
          html`<li>
            <div class="head">
              <h3>${filename}</h3>
              ${stateBadge(state)} <span class="quiet">${sourceId} · ${mode}</span>
            </div>
          </li>`,
      )}
    </ul>
  `;
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
