import { describe, expect, it } from '@jest/globals';
import { Inject, optional, provide, token } from './index.js';

interface Clock {
  now(): number;
}
interface Limits {
  readonly maxBytes: number;
}
const CLOCK = token<Clock>('spec:clock');
const LIMITS = token<Limits>('spec:limits');

abstract class Log {
  abstract info(line: string): void;
}
class Book {
  readonly #lines: string[] = [];
  note(line: string): void {
    this.#lines.push(line);
  }
}

const used = (...parts: unknown[]): number => parts.length;

describe('a factory', () => {
  it('is given what its tokens stand for', () => {
    const { inject, useFactory } = provide(LIMITS, [CLOCK, Book, optional(LIMITS)], (clock, book, limits) => {
      book.note('made');
      return { maxBytes: limits?.maxBytes ?? clock.now() };
    });
    expect(inject).toEqual([CLOCK, Book, { token: LIMITS, optional: true }]);
    expect(useFactory({ now: () => 3 }, new Book(), undefined)).toEqual({ maxBytes: 3 });
  });

  it('does not compile with swapped tokens, another result, or an optional that is taken for granted', () => {
    const both = (clock: Clock, limits: Limits): Limits => ({ maxBytes: clock.now() + limits.maxBytes });
    expect([
      provide(LIMITS, [CLOCK, LIMITS], both),
      // @ts-expect-error: the two are swapped
      provide(LIMITS, [LIMITS, CLOCK], both),
      // @ts-expect-error: swapped classes
      provide(LIMITS, [Log, Book], (book: Book, log: Log) => ({ maxBytes: used(book, log) })),
      // @ts-expect-error: a clock is no limits
      provide(LIMITS, [CLOCK], (clock) => clock),
      // @ts-expect-error: the factory waits for one more
      provide(LIMITS, [CLOCK], both),
      // @ts-expect-error: there may be none
      provide(LIMITS, [optional(LIMITS)], (limits) => ({ maxBytes: limits.maxBytes })),
    ]).toHaveLength(6);
  });
});

it('a constructor does not compile with swapped tokens', () => {
  class Right {
    constructor(
      @Inject(CLOCK) readonly clock: Clock,
      @Inject(LIMITS) readonly limits: Limits | undefined,
      @Inject(Log) readonly log: Log,
      @Inject(Book) readonly book: Book,
    ) {}
  }
  class Swapped {
    constructor(
      // @ts-expect-error: the two are swapped
      @Inject(LIMITS) readonly clock: Clock,
      // @ts-expect-error: the two are swapped
      @Inject(CLOCK) readonly limits: Limits,
      // @ts-expect-error: swapped classes
      @Inject(Book) readonly log: Log,
      // @ts-expect-error: swapped classes
      @Inject(Log) readonly book: Book,
    ) {}
  }
  expect([Right, Swapped].map((each) => Reflect.getMetadata('self:paramtypes', each) as unknown[])).toEqual([
    expect.arrayContaining([{ index: 0, param: CLOCK }]),
    expect.arrayContaining([{ index: 0, param: LIMITS }]),
  ]);
});
