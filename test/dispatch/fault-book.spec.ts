import { beforeEach, describe, expect, it } from '@jest/globals';
import { FaultBook } from '../../libs/exdata/src/dispatch/index.js';
import { TestClock } from './test-clock.js';

const minute = 60_000;

describe('the book of faults', () => {
  let clock: TestClock;
  let book: FaultBook;
  let lines: string[];
  beforeEach(() => {
    clock = new TestClock();
    lines = [];
    book = new FaultBook(clock, ({ kind, count }) => void lines.push(`${kind} over after ${count}`));
  });
  const note = (where = ''): void => {
    book.note('database', (count) => void lines.push(`database ${where} ${count}`), where);
  };

  it('tells of the first at once, then of all a minute at most, and of the end', () => {
    for (let second = 0; second < 150; second++) {
      for (let time = 0; time < 100; time++) note();
      clock.advance(1_000);
    }
    expect(lines).toEqual(['database  1', 'database  6000', 'database  6000']);
    expect(book.standing()).toEqual([{ kind: 'database', since: 1_000_000, last: 1_149_000, count: 15_000 }]);
    book.over('database');
    book.over('database');
    expect(lines.slice(3)).toEqual(['database over after 15000']);
    expect(book.standing()).toEqual([]);
    clock.advance(minute);
    note();
    expect(lines.slice(4)).toEqual(['database  3000']);
  });

  it('writes no more of what comes and goes than two lines a minute', () => {
    for (let second = 0; second < 120; second++) {
      note();
      book.over('database');
      clock.advance(1_000);
    }
    expect(lines).toEqual(['database  1', 'database over after 1', 'database  60', 'database over after 1']);
  });

  it('keeps places apart in the log, together in the health, and no more than it can keep', () => {
    for (let place = 0; place < 1_000; place++) note(`place-${place}`);
    expect(lines).toHaveLength(257);
    expect(book.standing()).toMatchObject([{ kind: 'database', count: 1_000 }]);
  });

  it('goes on telling after the clock was set back', () => {
    note();
    clock.setBack(2 * 60 * minute);
    note();
    expect(lines).toEqual(['database  1', 'database  1']);
  });

  it('tells of what is worth a line each until there are ten in an hour, then of all a minute', () => {
    clock.time = 10 * 60 * minute;
    const each = (): void => book.noteEach('dead_handler', (count) => void lines.push(String(count)), 'bills');
    for (let time = 0; time < 40; time++) each();
    expect(lines).toEqual(Array.from({ length: 10 }, () => '1'));
    clock.advance(minute);
    each();
    expect(lines.slice(10)).toEqual(['31']);
    clock.advance(60 * minute);
    for (let time = 0; time < 3; time++) each();
    expect(lines.slice(11)).toEqual(['1', '1', '1']);
  });

  it('holds no flood for a fault', () => {
    book.note('refused', (count) => void lines.push(`refused ${count}`), 'signature');
    expect(lines).toEqual(['refused 1']);
    expect(book.standing()).toEqual([]);
  });
});
