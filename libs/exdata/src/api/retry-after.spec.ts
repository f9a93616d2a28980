import { expect, it } from '@jest/globals';
import { retryAfterMs } from './retry-after.js';

const now = Date.UTC(2026, 10, 24, 12);
const day = 86_400_000;

it.each([
  ['a day', '86400', undefined, day],
  ['centuries', '9999999999', undefined, 26 * 3_600_000],
  ['a point in time in place of seconds', String(now / 1_000 + 60), undefined, 26 * 3_600_000],
  ['a date in 9999', 'Fri, 31 Dec 9999 23:59:59 GMT', undefined, 26 * 3_600_000],
  ['a date tomorrow', new Date(now + day).toUTCString(), undefined, day],
  ['centuries in the body', undefined, 9_999_999_999, 26 * 3_600_000],
  ['nothing', undefined, undefined, undefined],
])('[E2] believes a wait of up to 26 hours: %s', (_, header, bodySeconds, expected) => {
  expect(retryAfterMs(header, bodySeconds, now)).toBe(expected);
});
