import { expect, it } from '@jest/globals';
import { giveUpWaits, until } from './until.js';

it('a wait that is left when its test ends says what it was for, and goes on no more', async () => {
  let looks = 0;
  const theMoonIsFull = (): boolean => ++looks > 1_000_000_000;
  const wait = until(() => theMoonIsFull());
  await until(() => looks > 2);
  expect(giveUpWaits().map(({ message }) => message)).toEqual([
    expect.stringMatching(/^waited in vain for .*theMoonIsFull\(\)/),
  ]);
  await expect(wait).rejects.toThrow(/waited in vain for .*theMoonIsFull\(\)/);
});

it('a wait that has come to its end is told of no more', async () => {
  await until(() => true);
  expect(giveUpWaits()).toEqual([]);
});

it('a wait whose look fails is told of, since its host may be gone with the time of the test', async () => {
  await expect(until(() => Promise.reject(new Error('the host is gone')))).rejects.toThrow('the host is gone');
  expect(giveUpWaits().map(({ message }) => message)).toEqual([expect.stringContaining('the host is gone')]);
});
