import { presentDocumentId } from '../http/present-document-id.js';
import type { ReviewItem } from './review-item.entity.js';

/** A review item as the API shows it. */
export function presentReview({ createdAt: _, exdataDocumentId, ...item }: ReviewItem) {
  return {
    ...item,
    exdataDocumentId: presentDocumentId(exdataDocumentId),
    status: item.decision ? ('decided' as const) : ('open' as const),
  };
}

export type ReviewView = ReturnType<typeof presentReview>;
