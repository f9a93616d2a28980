import { describe, expect, it } from '@jest/globals';
import { isTooHeavy, weigh } from './json-weight.js';

describe('the weight of JSON', () => {
  it.each<[string, string]>([
    ['lists in lists', '['.repeat(5 * 1024 * 1024)],
    ['values', `[${'0,'.repeat(2_500_000)}0]`],
    ['names', `{${'"":0,'.repeat(1_000_000)}"":0}`],
  ])('is not counted further where %s are too many', (_, text) => {
    const weight = weigh(Buffer.from(text));
    expect(isTooHeavy(weight)).toBe(true);
    expect(weight.depth).toBeLessThanOrEqual(300_001);
    expect(weight.values).toBeLessThanOrEqual(300_001);
    expect(weight.width).toBeLessThanOrEqual(20_001);
  });

  it('is exact below that', () => {
    expect(weigh(Buffer.from('{"a":[1,{"b":{}}],"c":"[{,:"}'))).toEqual({ depth: 4, values: 7, width: 2 });
  });
});
