import { expect, it } from '@jest/globals';
import { keptOf, mostKept } from './kept-document.js';

it('a document is kept as exdata gave it, whatever is in it', () => {
  const raw = { id: 7, status: 'completed', unknown: { deep: ['x'.repeat(60_000)] } };
  expect(keptOf(raw)).toBe(raw);
});

it('of one that is more than a row is to hold, the largest values are left out, and the rest stays in its order', () => {
  const raw = {
    page: 'x'.repeat(60_000),
    id: 7,
    text: '\u0001'.repeat(400_000),
    status: 'completed',
    processing_error: 'y'.repeat(5_000),
  };
  expect(keptOf(raw)).toEqual({ page: raw.page, id: 7, status: 'completed', processing_error: raw.processing_error });
  const many = Object.fromEntries(Array.from({ length: 100_000 }, (_, at) => [`field${String(at)}`, at]));
  const kept = keptOf({ ...many, id: 7, status: 'error' });
  expect(kept).toMatchObject({ id: 7, status: 'error' });
  expect(JSON.stringify(kept).length).toBeLessThanOrEqual(mostKept);
});
