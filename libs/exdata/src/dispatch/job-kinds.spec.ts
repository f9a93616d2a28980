import { describe, expect, it } from '@jest/globals';
import { byKind, exdataJobKinds } from './job-kinds.js';

describe('what is given for each kind of work', () => {
  it('comes in the order of the kinds', () => {
    expect(byKind({ poll: 1, upload: 2 }, 'kinds')).toEqual([
      ['upload', 2],
      ['poll', 1],
    ]);
    expect(exdataJobKinds).toContain('delivery-handler');
  });

  it.each<[object, RegExp]>([
    [{ uploads: 1 }, /^kinds names 'uploads'; it may name upload, delivery, .* Did you mean 'upload'\?$/],
    [{ deliveryHandler: 1 }, /Did you mean 'delivery-handler'\?$/],
    [{ kafka: 1 }, /^kinds names 'kafka'; it may name [a-z, -]+\.$/],
  ])('may not be for another: %j', (given, wanted) => {
    expect(() => byKind(given, 'kinds')).toThrow(wanted);
  });

  it('may not be for one that has no queue', () => {
    expect(() => byKind({ poll: 1 }, 'kinds', ['upload', 'handler'])).toThrow(
      "kinds names 'poll'; it may name upload, handler.",
    );
  });
});
