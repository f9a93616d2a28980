import type { ReviewView } from '../reviews/present-review.js';
import { fieldInWords, inWords } from './in-words.js';

/** Why a document needs a person, in one line. */
export function whyReviewed({ outcome, processingError, blockedReason, fields }: ReviewView): string {
  if (outcome === 'error')
    return `exdata could not read it${processingError === null ? '' : ` (${inWords(processingError)})`}`;
  if (outcome === 'blocked') return `exdata blocked it${blockedReason === null ? '' : ` (${blockedReason})`}`;
  if (outcome === 'unread') return 'exdata has read it, and what it answers about the fields cannot be read here';
  return fields
    .filter(({ reasons }) => reasons.length > 0)
    .map(({ field, reasons }) => fieldInWords(`${field} ${reasons.join(' and ')}`))
    .join(', ');
}
