import { presentDocumentId } from '../http/present-document-id.js';
import type { ReviewItem } from './review-item.entity.js';

/** A review item as the API shows it. */
export function presentReview(item: ReviewItem) {
  return {
    sourceId: item.sourceId,
    exdataDocumentId: presentDocumentId(item.exdataDocumentId),
    status: item.decision ? ('decided' as const) : ('open' as const),
    outcome: item.outcome,
    requestId: item.requestId,
    processingStage: item.processingStage,
    processingError: item.processingError,
    blockedReason: item.blockedReason,
    fields: item.fields,
    decision: item.decision,
  };
}

export type ReviewView = ReturnType<typeof presentReview>;
