import type { ReviewView } from '../reviews/present-review.js';
import { linkTo } from './document-parts.js';
import { type Html, html } from './html.js';
import { page } from './layout.js';
import { whyReviewed } from './why-reviewed.js';

/** Documents that did not become a bill by themselves: those to decide first, then those that were. */
export function reviewPage(items: readonly ReviewView[]): string {
  const [open, decided] = [
    items.filter(({ decision }) => decision === null),
    items.filter(({ decision }) => decision !== null),
  ];
  return page(
    { title: 'Review', section: '/review', refreshEvery: 15 },
    html`
      <h1>Review</h1>
      <p class="quiet">Documents whose fields are in doubt, or that exdata could not or would not read.</p>
      ${open.length === 0 ? html`<p>Nothing to decide.</p>` : list(open)}
      ${
        decided.length > 0
          ? html`<h2>Decided</h2>
              ${list(decided)}`
          : null
      }
    `,
  );
}

function list(items: readonly ReviewView[]): Html {
  return html`<ul class="cards">
    ${items.map(
      (item) => html`
        <li>
          <div class="head">
            <h3><a href="${linkTo('/review', item.sourceId)}">${item.sourceId}</a></h3>
            <span class="state ${item.status}">${item.status}</span>
            <span class="quiet">exdata ${item.exdataDocumentId}</span>
          </div>
          <p>${whyReviewed(item)}</p>
        </li>
      `,
    )}
  </ul>`;
}
