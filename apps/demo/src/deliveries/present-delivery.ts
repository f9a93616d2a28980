import type { ExdataDeliveryPage } from 'nestjs-exdata';
import { presentDocumentId } from '../http/present-document-id.js';

type DeliverySummary = ExdataDeliveryPage['data'][number];

/** A delivery as it is shown, without its body; times in ISO 8601. */
export interface DeliveryView {
  readonly id: string;
  readonly account: string;
  readonly deliveryId: string;
  readonly event: string;
  readonly receivedAt: string;
  readonly outcome: DeliverySummary['outcome'];
  readonly reason: DeliverySummary['reason'];
  readonly documentId: number | string | null;
  readonly requestId: string | null;
  readonly replayOf: string | null;
  readonly attempts: { readonly starts: number; readonly finishes: number };
}

export function presentDelivery(delivery: DeliverySummary): DeliveryView {
  const { id, account, deliveryId, event, receivedAt, outcome, reason, exdataId, requestId, replayOf, work } = delivery;
  return {
    ...{ id, account, deliveryId, event, outcome, reason, requestId, replayOf },
    receivedAt: new Date(receivedAt).toISOString(),
    documentId: presentDocumentId(exdataId),
    attempts: { starts: work.starts, finishes: work.finishes },
  };
}
