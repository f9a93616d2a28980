import { type ExdataDocumentContext } from 'nestjs-exdata';
import { type ExdataDoubt, exdataFieldClass, type ExdataReviewedField } from 'nestjs-exdata/review';
import type { ReviewField, ReviewItem } from '../reviews/review-item.entity.js';

type ReviewContent = Omit<ReviewItem, 'mode' | 'sourceId' | 'decision' | 'createdAt'>;

/** What a person needs to see of a document that did not become a bill by itself. */
export function reviewItemFrom(
  { status, document, extraction, link }: ExdataDocumentContext,
  doubts: readonly ExdataDoubt[],
): ReviewContent {
  return {
    exdataDocumentId: document.id,
    outcome: status,
    requestId: link.requestId,
    processingStage: link.processingStage,
    processingError: link.processingError,
    blockedReason: link.blockedReason,
    fields: reviewFields(extraction?.fields ?? {}, doubts),
  };
}

/** Every field that exdata reported or that is missed. */
function reviewFields(
  fields: Readonly<Record<string, ExdataReviewedField>>,
  doubts: readonly ExdataDoubt[],
): ReviewField[] {
  const names = new Set([...Object.keys(fields), ...doubts.map(({ field }) => field)]);
  return [...names].map((name) => ({
    field: name,
    class: exdataFieldClass(name),
    value: fields[name]?.value ?? null,
    candidates: fields[name]?.candidates ?? null,
    reasons: doubts.filter(({ field }) => field === name).map(({ reason }) => reason),
  }));
}
