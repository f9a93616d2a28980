import { formatCents, type TaxGroup, taxGroups } from './amounts.js';

export interface Party {
  readonly name: string;
  readonly street: string;
  readonly postcode: string;
  readonly city: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
}

export interface Line {
  readonly name: string;
  readonly quantity: number;
  /** UN/ECE Recommendation 20: `C62` one piece, `HUR` one hour. */
  readonly unit: 'C62' | 'HUR';
  /** Net price of one unit, in cents. */
  readonly unitCents: number;
  /** VAT in whole percent. */
  readonly taxRate: number;
}

export interface SampleInvoice {
  readonly number: string;
  /** `YYYY-MM-DD`. */
  readonly issueDate: string;
  /** `YYYY-MM-DD`. */
  readonly dueDate: string;
  readonly seller: Party & { readonly vatId: string; readonly iban: string };
  readonly buyer: Party & { readonly reference: string };
  readonly currency: 'EUR';
  readonly lines: readonly Line[];
}

/** What the lines add up to; decimal strings with two places. */
export interface Totals {
  readonly net: string;
  readonly tax: string;
  readonly gross: string;
  readonly taxes: readonly { readonly rate: string; readonly basis: string; readonly amount: string }[];
}

/** An invented invoice of made-up parties, issued on the given day and due 30 days later. */
export function sampleInvoice(issued: Date): SampleInvoice {
  const day = (date: Date) => date.toISOString().slice(0, 10);
  const due = new Date(issued);
  due.setUTCDate(due.getUTCDate() + 30);
  return {
    number: `RE-${issued.getUTCFullYear()}-0042`,
    issueDate: day(issued),
    dueDate: day(due),
    seller: {
      name: 'Musterwerk Büroausstattung GmbH',
      street: 'Beispielstraße 12',
      postcode: '10115',
      city: 'Berlin',
      country: 'DE',
      vatId: 'DE123456788',
      iban: 'DE89370400440532013000',
    },
    buyer: {
      name: 'Host Ltd.',
      street: '1 Example Quay',
      postcode: 'D02 XY45',
      city: 'Dublin',
      country: 'IE',
      reference: 'PO-1007',
    },
    currency: 'EUR',
    lines: [
      { name: 'Desk lamp', quantity: 3, unit: 'C62', unitCents: 49_90, taxRate: 19 },
      { name: 'Assembly on site', quantity: 2, unit: 'HUR', unitCents: 65_00, taxRate: 19 },
      { name: 'Handbook, printed', quantity: 5, unit: 'C62', unitCents: 12_37, taxRate: 7 },
    ],
  };
}

export function lineNet({ quantity, unitCents }: Line): string {
  return formatCents(quantity * unitCents);
}

/** Taxes are computed per rate over the sum of its lines and rounded there once (EN 16931, BR-CO-17). */
export function totalsOf({ lines }: SampleInvoice): Totals {
  const groups = taxGroups(lines.map(({ quantity, unitCents, taxRate }) => ({ cents: quantity * unitCents, taxRate })));
  const sum = (pick: (group: TaxGroup) => number) => groups.reduce((total, group) => total + pick(group), 0);
  const net = sum(({ basis }) => basis);
  const tax = sum(({ amount }) => amount);
  return {
    net: formatCents(net),
    tax: formatCents(tax),
    gross: formatCents(net + tax),
    taxes: groups.map(({ rate, basis, amount }) => ({
      rate: `${rate}.00`,
      basis: formatCents(basis),
      amount: formatCents(amount),
    })),
  };
}
