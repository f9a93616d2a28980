import type { InvoiceView } from '../invoices/present-invoice.js';

type Subject = Pick<InvoiceView, 'state' | 'problem' | 'review'>;

/** What a state means, in words for a person. */
export const stateMeanings: Readonly<Record<InvoiceView['state'], string>> = {
  queued: 'Stored here with its bytes, and not sent yet.',
  uploading: 'A worker is sending it.',
  unconfirmed: 'It may have reached exdata, but the answer did not reach us.',
  pending: 'exdata has it and is working on it.',
  completed: 'exdata has read it.',
  error: 'exdata could not read it.',
  blocked: 'exdata will not process it.',
  rejected: 'exdata refused the upload.',
  failed: 'We gave up sending it.',
};

const byState: Readonly<Record<InvoiceView['state'], string>> = {
  queued:
    'Nothing has to be done: it goes out by itself. Sending the same file again under the same source id changes nothing.',
  uploading: 'Nothing has to be done. If the worker has died, another one takes over when its lease has run out.',
  unconfirmed:
    'Nothing has to be done: exdata is asked again under the same key, so it makes no second document. What is not safe is to submit the file under another source id: that would be a second document.',
  pending: 'Nothing has to be done. A webhook tells when it is ready, and if none comes, exdata is asked.',
  completed: 'Nothing has to be done: its draft bill is made.',
  error:
    'Enter what the document says by hand in its review, or ask exdata’s support and name the request id. A better copy may be submitted under a new source id.',
  blocked:
    'Ask exdata’s support why, and name the request id. Sending the same document again would be a new upload, and most likely blocked again.',
  rejected:
    'Mend what exdata says of the fields and submit the corrected file under a new source id. The same upload would be refused again.',
  failed:
    'Find out whether exdata has the document after all, by the request id, before the file is submitted under a new source id: a second document may cost a second credit.',
};

const held = 'It waits for the account. Once the hold is released it goes out by itself, under the same key.';
const unpaid =
  'Top up the exdata account and release its hold. It then goes out by itself, under a new key: under the old one, exdata repeats its refusal.';
const dailyLimit = 'Nothing has to be done: it goes out when exdata’s next daily window of test mode opens.';

const unread =
  'Enter what the document says by hand in its review; or mend what its problem names, then POST /deliveries/redrive: what exdata read takes the place of the review then.';

/** What is safe to do next. */
export function adviceFor({ state, problem, review }: Subject): string {
  if (review?.status === 'decided') return 'Nothing has to be done: a person has decided, and the bill is made.';
  if (review?.outcome === 'unread') return unread;
  if (state === 'completed' && review !== null) return 'Look at the fields in doubt in its review, and decide.';
  if (state === 'blocked' && problem?.code === 'insufficient_credits') return unpaid;
  if (problem?.code === 'test_mode_limit_exceeded') return dailyLimit;
  const isWaiting = state === 'queued' || state === 'unconfirmed';
  return isWaiting && problem?.retryAt === null ? held : byState[state];
}
