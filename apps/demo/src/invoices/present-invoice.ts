import type { ExdataLink, ExdataDocumentEvent } from 'nestjs-exdata';
import type { DraftBill } from '../bills/draft-bill.entity.js';
import { presentBill } from '../bills/present-bill.js';
import { presentDocumentId } from '../http/present-document-id.js';
import { presentReview } from '../reviews/present-review.js';
import type { ReviewItem } from '../reviews/review-item.entity.js';

/** An invoice as the API shows it: the document's way so far, and what became of it. */
export function presentInvoice(
  link: ExdataLink,
  history: readonly ExdataDocumentEvent[],
  bill: DraftBill | null,
  review: ReviewItem | null,
) {
  const isKnownThere = link.exdataId !== null || link.requestId !== null;
  return {
    sourceId: link.sourceId,
    filename: link.filename,
    size: link.size,
    sha256: link.sha256,
    state: link.state,
    exdata: isKnownThere
      ? {
          documentId: presentDocumentId(link.exdataId),
          mode: link.exdataMode,
          requestId: link.requestId,
          isEInvoice: link.isEInvoice,
        }
      : null,
    problem: link.problem && {
      ...link.problem,
      retryAt: link.problem.retryAt === null ? null : isoTime(link.problem.retryAt),
    },
    bill: bill && presentBill(bill),
    review: review && presentReview(review),
    timeline: history.map(({ at, what, requestId, deliveryId }) => ({
      at: isoTime(at),
      what,
      ...(requestId !== null && { requestId }),
      ...(deliveryId !== null && { deliveryId }),
    })),
  };
}

export type InvoiceView = ReturnType<typeof presentInvoice>;

function isoTime(ms: number): string {
  return new Date(ms).toISOString();
}
