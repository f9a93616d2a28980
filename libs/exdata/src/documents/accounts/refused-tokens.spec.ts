import { describe, expect, it } from '@jest/globals';
import { RefusedTokens } from './refused-tokens.js';

const print = (digit: number): string => String(digit).repeat(32);
const minute = 60_000;

describe('the tokens that an account was refused with', () => {
  it('are kept as prints under one key, the last four of them', () => {
    const first = RefusedTokens.of(null);
    expect(first.has(print(1))).toBe(false);
    const text = [1, 2, 3, 4, 5, 2].reduce<string>(
      (kept, digit, index) => RefusedTokens.of(kept).with(print(digit), index),
      first.with(print(0), 0),
    );
    const kept = RefusedTokens.of(text);
    expect(kept.key).toBe(first.key);
    expect([0, 1, 2, 3, 4, 5].filter((digit) => kept.has(print(digit)))).toEqual([2, 3, 4, 5]);
  });

  it('fit into their column, at times as long as there are', () => {
    const text = [1, 2, 3, 4].reduce<string>(
      (kept, digit) => RefusedTokens.of(kept).with(print(digit), 9_999_999_999_999),
      RefusedTokens.of(null).with(print(0), 9_999_999_999_999),
    );
    expect(RefusedTokens.of(text).noted(print(7), 9_999_999_999_999).length).toBeLessThanOrEqual(255);
  });

  it('are left to a process that holds another one, for as long as that one notes that it lives', () => {
    const refused = RefusedTokens.of(RefusedTokens.of(null).with(print(1), minute));
    expect(refused.isServed(11 * minute)).toBe(false);
    const served = RefusedTokens.of(refused.noted(print(2), 2 * minute));
    expect([served.has(print(1)), served.has(print(2))]).toEqual([true, false]);
    expect([served.isServed(2 * minute - 1), served.isServed(12 * minute - 1)]).toEqual([true, true]);
    expect(served.isServed(12 * minute)).toBe(false);
    expect(RefusedTokens.of(served.noted(print(2), 12 * minute)).isServed(13 * minute)).toBe(true);
  });

  it('are known to be held somewhere while a process notes that it holds one', () => {
    const refused = RefusedTokens.of(RefusedTokens.of(null).with(print(1), 0));
    expect([refused.isHeldSomewhere(10 * minute - 1), refused.isHeldSomewhere(10 * minute)]).toEqual([true, false]);
    expect(RefusedTokens.of(refused.noted(print(1), 10 * minute)).isHeldSomewhere(15 * minute)).toBe(true);
  });

  it('are noted once a minute by each side', () => {
    const both = RefusedTokens.of(
      RefusedTokens.of(RefusedTokens.of(null).with(print(1), minute)).noted(print(2), 2 * minute),
    );
    const due = (of: number, now: number): boolean => both.isToBeNoted(print(of), now);
    expect([due(1, 2 * minute - 1), due(1, 2 * minute)]).toEqual([false, true]);
    expect([due(2, 3 * minute - 1), due(2, 3 * minute)]).toEqual([false, true]);
  });
});
