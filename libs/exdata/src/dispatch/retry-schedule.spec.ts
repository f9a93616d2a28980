import { expect, it } from '@jest/globals';
import { retryDelay } from './retry-schedule.js';

const schedule = { firstMs: 1_000, maxMs: 3_600_000, totalMs: 75 * 3_600_000 };

it('doubles up to its maximum, a quarter of it jitter', () => {
  expect([1, 2, 3, 20].map((failures) => retryDelay(failures, schedule, () => 1))).toEqual([
    1_000, 2_000, 4_000, 3_600_000,
  ]);
  expect([1, 2, 3, 20].map((failures) => retryDelay(failures, schedule, () => 0))).toEqual([
    750, 1_500, 3_000, 2_700_000,
  ]);
});

it.each([
  ['longest', () => 1, 101],
  ['shortest', () => 0, 77],
])('[W4] outlives a weekend with its %s waits, then ends', (_which, random, most) => {
  let waited = 0;
  let failures = 1;
  for (let delay = retryDelay(1, schedule, random); delay !== null; delay = retryDelay(++failures, schedule, random))
    waited += delay;
  expect(waited / 3_600_000).toBeGreaterThanOrEqual(75);
  expect(waited / 3_600_000).toBeLessThan(most);
});
