import type { GivenUp } from '../deliveries/deliveries.service.js';
import type { DeliveryView } from '../deliveries/present-delivery.js';
import { time } from './document-parts.js';
import { type Html, html } from './html.js';

type Reason = NonNullable<DeliveryView['reason']>;

/** What is safe to do next. */
const advice: Readonly<Record<Reason, string>> = {
  parse: 'Nothing was done about it, and nothing can be. Discard it once somebody has looked at it.',
  'unknown-document':
    'exdata does not show its document to our token. Discard it if the document is not ours; mend the token and replay it if it is.',
  'confirm-failed': 'Replay it once exdata answers. That is safe at any time: whatever has been done is not repeated.',
  handler: 'Mend what the log says of the handler, then replay it. Its effect comes once.',
  timeout: 'Replay it once exdata answers in time. That is safe at any time: whatever has been done is not repeated.',
  poison: 'The process died over it several times. Find out why before it is replayed: it may die again.',
  expired: 'Release the account if it is on hold, then replay it. Its document is polled besides.',
};

/** Deliveries and runs of handlers that were given up. */
export function givenUp({ deliveries, handlerRuns }: GivenUp): Html {
  if (deliveries.length === 0 && handlerRuns.length === 0) return html`<p class="quiet">None.</p>`;
  return html`
    <ul class="cards">
      ${deliveries.map(card)}
    </ul>
    ${
      handlerRuns.length === 0
        ? null
        : html`<p>
            ${handlerRuns.length === 1 ? '1 run of a handler was' : `${handlerRuns.length} runs of handlers were`} given
            up. Mend what the log says of it (<code>handler.dead</code>), then <code>POST /deliveries/redrive</code>:
            each effect comes once.
          </p>`
    }
  `;
}

function card({ id, deliveryId, event, receivedAt, reason, documentId, requestId, attempts }: DeliveryView): Html {
  return html`
    <li>
      <div class="head">
        <h3>${event}</h3>
        <span class="state failed">${reason ?? 'dead'}</span>
        <span class="quiet">${deliveryId} · ${documentId === null ? 'names no document' : `exdata ${documentId}`}</span>
      </div>
      <p class="quiet">
        Received ${time(receivedAt)}, tried
        ${attempts.starts === 1 ? 'once' : `${attempts.starts} times`}${requestId && html`, request <code>${requestId}</code>`}.
      </p>
      <p><strong>Next:</strong> ${reason === null ? 'Look at the log.' : advice[reason]}</p>
      <p class="quiet">
        <code>POST /deliveries/${id}/replay</code> or <code>POST /deliveries/${id}/discard</code> with
        <code>{"why": "…"}</code>
      </p>
    </li>
  `;
}
