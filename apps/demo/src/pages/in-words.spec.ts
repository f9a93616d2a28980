import { describe, expect, it } from '@jest/globals';
import { inWords, valueInWords } from './in-words.js';

describe('inWords', () => {
  it.each([
    ['{"code":"unreadable","message":"Too dark."}', 'Too dark.'],
    ['{"code":"unreadable"}', '{"code":"unreadable"}'],
    ['{"message":7}', '{"message":7}'],
    ['null', 'null'],
    ['illegible', 'illegible'],
  ])('says %s as %s', (text, words) => {
    expect(inWords(text)).toBe(words);
  });
});

describe('valueInWords', () => {
  it.each([
    [null, '–'],
    ['119.00', '119.00'],
    [[{ tax_rate: '19.00', tax_amount: '19.00' }, { tax_rate: null }], 'tax rate 19.00, tax amount 19.00; tax rate –'],
    [{ page: 1, exact: false }, 'page 1, exact false'],
  ])('says %j as %s', (value, words) => {
    expect(valueInWords(value)).toBe(words);
  });
});
