import { expect, it } from '@jest/globals';
import { resendOf, saysYes } from './resend.js';
import type { ExdataResend, ResendFacts } from './resend.js';

const read: ResendFacts = {
  retryable: false,
  mayHaveCreatedDocument: false,
  creates: false,
  keyed: false,
  status: null,
};
const upload: ResendFacts = { ...read, creates: true, keyed: true };
const keyless: ResendFacts = { ...upload, keyed: false };
const may = { mayHaveCreatedDocument: true };

it.each<[string, ResendFacts, ExdataResend]>([
  ['a read that may pass', { ...read, retryable: true, status: 503 }, 'yes'],
  ['a read that will not', { ...read, status: 404 }, 'no'],
  ['402 to a read, which has no key', { ...read, status: 402 }, 'no'],
  ['an upload that never began', { ...upload, retryable: true }, 'yes-with-same-key'],
  ['an upload that may have arrived', { ...upload, ...may, retryable: true }, 'yes-with-same-key'],
  ['an upload that is refused', { ...upload, status: 422 }, 'no'],
  ['an upload without credits', { ...upload, status: 402 }, 'after-top-up-with-new-key'],
  [
    'an upload without credits, after a doubtful attempt',
    { ...upload, ...may, status: 402 },
    'after-top-up-with-new-key',
  ],
  ['an upload that may have arrived and cannot be repeated', { ...upload, ...may, status: 401 }, 'unknown-reconcile'],
  ['a POST without a key that never began', { ...keyless, retryable: true }, 'yes'],
  ['a POST without a key that may have arrived', { ...keyless, ...may, retryable: true }, 'unknown-reconcile'],
])('%s', (_, facts, expected) => {
  expect(resendOf(facts)).toBe(expected);
  expect(saysYes(expected)).toBe(expected.startsWith('yes'));
});
