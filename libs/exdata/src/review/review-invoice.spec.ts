import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { getCountrySpecifications } from 'ibantools';
import { exdataFieldClass, reviewExdataInvoice } from './index.js';

const field = (value: unknown, candidates: readonly unknown[] | null = null) => ({ value, candidates });

const sound = {
  type: field('invoice'),
  document_number: field('R-1'),
  sender_name: field('Seller Ltd.'),
  currency: field('EUR'),
  net_amount: field('100.00'),
  gross_amount: field('119.00'),
  tax_breakdowns: field([{ taxable_amount: '100.00', tax_amount: '19.00', tax_rate: '19.00' }]),
  iban: field('DE89370400440532013000'),
};

const doubtsOf = (over: Parameters<typeof reviewExdataInvoice>[0]) =>
  reviewExdataInvoice({ ...sound, ...over }).map(({ field: name, reason }) => `${name} ${reason}`);

describe('reviewExdataInvoice', () => {
  it.each<[string, Parameters<typeof reviewExdataInvoice>[0]]>([
    ['a complete invoice', {}],
    ['an IBAN in groups', { iban: field('DE89 3704 0044 0532 0130 00') }],
    [
      'an IBAN whose account number breaks the check digits of its country (example of XRechnung)',
      { iban: field('FR2012421242124212421242124') },
    ],
    ['a currency younger than most lists', { currency: field('XCG') }],
    ['a unit of account', { currency: field('CLF') }],
    ['a credit note', { type: field('credit-note') }],
    ['a type of the account', { type: field('fuel-receipt') }],
    ['no IBAN', { iban: field(null) }],
    ['an absent key', { iban: undefined }],
    [
      'a credit note in negative amounts',
      { net_amount: field('-100'), gross_amount: field('-119'), tax_breakdowns: field([{ tax_amount: '-19' }]) },
    ],
    ['no taxes reported and none owed', { tax_breakdowns: field(null), gross_amount: field('100') }],
    ['an empty list of taxes', { tax_breakdowns: field([]), gross_amount: field('100.0') }],
    ['amounts of unlike places', { net_amount: field('100'), gross_amount: field('119.0000') }],
    ['half a cent apart', { gross_amount: field('119.005') }],
    ['candidates that differ from the value', { gross_amount: field('119.00', ['Total 1,190.00']) }],
  ])('is content with %s', (_what, over) => {
    expect(doubtsOf(over)).toEqual([]);
  });

  it.each<[string, Parameters<typeof reviewExdataInvoice>[0], string[]]>([
    ['a reminder of an invoice', { type: field('reminder') }, ['type not_an_invoice']],
    ['no number', { document_number: field(null) }, ['document_number missing']],
    ['a blank vendor', { sender_name: field('  ') }, ['sender_name missing']],
    ['no currency', { currency: undefined }, ['currency missing']],
    ['a currency sign', { currency: field('€') }, ['currency malformed']],
    ['a currency that does not exist', { currency: field('EUX') }, ['currency malformed']],
    ['a code for no currency', { currency: field('XXX') }, ['currency malformed']],
    ['a currency in small letters', { currency: field('eur') }, ['currency malformed']],
    ['no net amount', { net_amount: field(null) }, ['net_amount missing']],
    ['no gross amount', { gross_amount: field(null) }, ['gross_amount missing']],
    ['a decimal comma', { gross_amount: field('119,00') }, ['gross_amount malformed']],
    ['a number that is no string', { net_amount: field(100) }, ['net_amount malformed']],
    ['scientific notation', { net_amount: field('1e2') }, ['net_amount malformed']],
    ['a number without end', { net_amount: field('1e999999') }, ['net_amount malformed']],
    ['a megabyte of digits', { gross_amount: field('9'.repeat(1_000_000)) }, ['gross_amount malformed']],
    [
      'a tax of a megabyte',
      { tax_breakdowns: field([{ tax_amount: `0.${'0'.repeat(1_000_000)}` }]) },
      ['tax_breakdowns malformed'],
    ],
    ['sums that differ by a cent', { gross_amount: field('119.01') }, ['gross_amount sum_differs']],
    ['taxes not reported though owed', { tax_breakdowns: field(null) }, ['gross_amount sum_differs']],
    ['a tax row without an amount', { tax_breakdowns: field([{ tax_rate: '19.00' }]) }, ['tax_breakdowns malformed']],
    ['taxes that are no list', { tax_breakdowns: field('19.00') }, ['tax_breakdowns malformed']],
    ['two digits of the IBAN exchanged', { iban: field('DE98370400440532013000') }, ['iban wrong_checksum']],
    [
      'an IBAN too short for its country, check digits right',
      { iban: field('DE291234567890123456') },
      ['iban wrong_checksum'],
    ],
    ['an IBAN of a country that has none', { iban: field('US88370400440532013000') }, ['iban wrong_checksum']],
    [
      'letters in an IBAN whose country has digits only',
      { iban: field('DE0537040044053201300A') },
      ['iban wrong_checksum'],
    ],
    ['an IBAN that is no text', { iban: field(89) }, ['iban malformed']],
  ])('doubts %s', (_what, over, wanted) => {
    expect(doubtsOf(over)).toEqual(wanted);
  });

  it('hands on the candidates and what is at stake', () => {
    const candidates = ['Total 119.00', 'Amount due 1,190.00'];
    expect(reviewExdataInvoice({ ...sound, gross_amount: field(null, candidates) })).toEqual([
      { field: 'gross_amount', class: 'money', reason: 'missing', candidates },
    ]);
    expect([
      exdataFieldClass('iban'),
      exdataFieldClass('tax_breakdowns'),
      exdataFieldClass('issue_date'),
      exdataFieldClass('toString'),
    ]).toEqual(['vendor', 'tax', null, null]);
  });

  it('adds exactly, however many rows and places', () => {
    const cents = fc.bigInt({ min: -(10n ** 18n), max: 10n ** 18n });
    fc.assert(
      fc.property(cents, fc.array(cents, { maxLength: 8 }), fc.constantFrom(-1n, 0n, 1n), (net, taxes, error) => {
        const gross = taxes.reduce((sum, tax) => sum + tax, net) + error;
        const doubts = doubtsOf({
          net_amount: field(inUnits(net)),
          tax_breakdowns: field(taxes.map((tax) => ({ tax_amount: inUnits(tax) }))),
          gross_amount: field(inUnits(gross)),
        });
        expect(doubts).toEqual(error === 0n ? [] : ['gross_amount sum_differs']);
      }),
    );
  });

  it('accepts an IBAN for one pair of check digits only', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[0-9]{18}$/), (account) => {
        const right = Array.from({ length: 97 }, (_, digits) => `DE${String(digits + 2).padStart(2, '0')}${account}`);
        expect(right.filter((iban) => doubtsOf({ iban: field(iban) }).length === 0)).toHaveLength(1);
      }),
    );
  });

  it('never throws over what has the shape of an IBAN', () => {
    const countries = Object.keys(getCountrySpecifications());
    fc.assert(
      fc.property(fc.constantFrom(...countries), fc.stringMatching(/^[0-9]{2}[0-9A-Z]{11,30}$/), (country, rest) => {
        expect(Array.isArray(reviewExdataInvoice({ ...sound, iban: field(country + rest) }))).toBe(true);
      }),
    );
  });

  it('never throws, whatever exdata sends', () => {
    fc.assert(
      fc.property(
        fc.dictionary(
          fc.constantFrom(...Object.keys(sound)),
          fc.record({ value: fc.anything(), candidates: fc.constant(null) }),
        ),
        (fields) => {
          expect(Array.isArray(reviewExdataInvoice(fields))).toBe(true);
        },
      ),
    );
  });
});

/** Cents as the decimal string of their unit. */
function inUnits(cents: bigint): string {
  const digits = (cents < 0n ? -cents : cents).toString().padStart(3, '0');
  return `${cents < 0n ? '-' : ''}${digits.slice(0, -2)}.${digits.slice(-2)}`;
}
