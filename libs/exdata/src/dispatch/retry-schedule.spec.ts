import { expect, it } from '@jest/globals';
import { retryDelay } from './retry-schedule.js';

const schedule = { firstMs: 1_000, maxMs: 3_600_000, totalMs: 75 * 3_600_000 };

it('doubles up to its maximum, half of it jitter', () => {
  expect([1, 2, 3, 20].map((failures) => retryDelay(failures, schedule, () => 1))).toEqual([1_000, 2_000, 4_000, 3_600_000]);
  expect([1, 2, 3, 20].map((failures) => retryDelay(failures, schedule, () => 0))).toEqual([500, 1_000, 2_000, 1_800_000]);
});

it('outlives a weekend, then ends', () => {
  let waited = 0;
  let failures = 1;
  for (let delay = retryDelay(1, schedule, () => 1); delay !== null; delay = retryDelay(++failures, schedule, () => 1)) waited += delay;
  expect(waited / 3_600_000).toBeGreaterThan(72);
  expect(waited / 3_600_000).toBeLessThan(77);
});
