import type { InvoiceView } from '../invoices/present-invoice.js';
import { type Html, html } from './html.js';
import { inWords } from './in-words.js';

type Problem = NonNullable<InvoiceView['problem']>;

/** The way to a document's page of one section. */
export function linkTo(section: '/ops' | '/review', sourceId: string): string {
  return `${section}/${encodeURIComponent(sourceId)}`;
}

export function stateBadge(state: string): Html {
  return html`<span class="state ${state}">${state}</span>`;
}

/** Our id of the document and exdata's, as far as there is one. */
export function idLine({ sourceId, state, exdata }: InvoiceView): Html {
  const unknown = state === 'rejected' ? 'no document at exdata' : 'exdata id not known yet';
  const there = exdata?.documentId == null ? unknown : `exdata ${exdata.documentId}`;
  return html`<span class="quiet">${sourceId} · ${there}</span>`;
}

/** `2026-05-10 01:00:03 UTC` of an ISO time. */
export function time(iso: string): Html {
  return html`<time datetime="${iso}">${iso.slice(0, 10)} ${iso.slice(11, 19)} UTC</time>`;
}

/** What is wrong, in words, field by field where exdata says so, and when it is tried again. */
export function problemNote({ code, message, fields, retryAt }: Problem): Html {
  return html`
    <div class="problem">
      <p>${inWords(message)} <code>${code}</code></p>
      ${
        fields &&
        html`<ul>
          ${Object.entries(fields).map(([field, messages]) => html`<li><code>${field}</code> ${messages.join(' ')}</li>`)}
        </ul>`
      }
      ${retryAt === null ? null : html`<p class="quiet">It is tried again at ${time(retryAt)}.</p>`}
    </div>
  `;
}
