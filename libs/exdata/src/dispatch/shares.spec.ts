import { describe, expect, it } from '@jest/globals';
import { surroundings } from '../../../../test/surroundings.js';
import { Shares } from './shares.js';

describe('the workers that groups of rows share', () => {
  interface Scene {
    readonly shares: Shares;
    pass(ms: number): void;
  }
  const start = (workers: number, groups: readonly string[]): Scene => {
    const around = surroundings();
    return { shares: new Shares(workers, () => groups, around.clock, 0), pass: (ms) => around.pass(ms) };
  };
  /** Enters as often as it may, without anybody giving back; resolves to how often that was. */
  const fill = async ({ shares, pass }: Scene, group: string): Promise<number> => {
    for (let count = 0; ; count++) {
      const entering = shares.enter(group);
      pass(1_000);
      if ((await entering) === null) return count;
    }
  };

  it.each([
    ['all, where there is no other', 8, ['a'], 8],
    ['all but one for each of the others', 8, ['a', 'b', 'c'], 6],
    ['half of them, where there are many others', 8, 'abcdefghijkl'.split(''), 4],
    ['the only one', 1, ['a', 'b'], 1],
  ])('may be taken by one group: %s', async (_what, workers, groups, taken) => {
    expect(await fill(start(workers, groups), 'a')).toBe(taken);
  });

  it('are there for each group that has none, whatever the others hold', async () => {
    const scene = start(4, ['a', 'b', 'c']);
    expect(await fill(scene, 'a')).toBe(2);
    expect(await fill(scene, 'b')).toBe(1);
    expect(await scene.shares.enter('c')).not.toBeNull();
  });

  it('are waited for, and given to one at a time', async () => {
    const { shares } = start(3, ['a', 'b']);
    const [first, second] = [await shares.enter('a'), await shares.enter('a')];
    const entered: number[] = [];
    const waiting = [3, 4].map(async (number) => {
      await shares.enter('a');
      entered.push(number);
    });
    first?.();
    await waiting[0];
    expect(entered).toEqual([3]);
    second?.();
    await waiting[1];
    expect(entered).toEqual([3, 4]);
  });

  it('are not waited for once a group has been seen to keep its own, until it gives one back', async () => {
    const { shares, pass } = start(2, ['a', 'b']);
    const leave = await shares.enter('a');
    const patient = shares.enter('a');
    pass(1_000);
    expect(await patient).toBeNull();
    expect(await shares.enter('a')).toBeNull();
    leave?.();
    expect(await shares.enter('a')).not.toBeNull();
  });
});
