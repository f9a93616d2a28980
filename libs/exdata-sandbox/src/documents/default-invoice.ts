import type { ExtractionFields } from '../fields.js';
import type { SeededRandom } from '../random.js';

const senders = [
  'Nordlicht Bürobedarf GmbH',
  'Atelier Mistral SARL',
  'Harbour & Finch Ltd.',
  'Talwerk Maschinenbau AG',
] as const;
const recipients = ['Beispiel Handels GmbH', 'Muster Consulting KG', 'Sample Trading Ltd.'] as const;
const rates = [700, 1900, 2000] as const;
const dayMs = 86_400_000;

/**
 * What the simulator finds in a file that it cannot read, such as a scan: a complete invoice whose amounts add up and
 * whose IBAN has right check digits.
 * @param random a generator for this document alone, so that the same document always has the same invoice
 * @param now milliseconds since the epoch; the invoice is some days older
 */
export function defaultInvoice(random: SeededRandom, now: number): ExtractionFields {
  const net = 1_000 + random.below(500_000);
  const rate = random.pick(rates);
  const tax = Math.round((net * rate) / 10_000);
  const issued = now - random.below(20) * dayMs;
  const number = `RE-${new Date(issued).getUTCFullYear()}-${String(random.below(1_000_000)).padStart(6, '0')}`;
  const [issue, due] = [issued, issued + 14 * dayMs].map((time) => new Date(time).toISOString().slice(0, 10));
  const breakdown = {
    taxable_amount: euros(net),
    tax_amount: euros(tax),
    tax_rate: euros(rate),
    taxability: 'taxable',
    tax_collection_mechanism: 'seller_collected',
  };
  const found = (value: string | undefined, label: string): ExtractionFields[string] => ({
    value,
    candidates: [`${label} ${value ?? ''}`],
  });
  const sender = random.pick(senders);
  const recipient = random.pick(recipients);
  return {
    type: { value: 'invoice', candidates: ['Invoice'] },
    document_number: found(number, 'Invoice no.'),
    issue_date: found(issue, 'Date'),
    payment_due_date: found(due, 'Payable by'),
    sender_name: { value: sender, candidates: [sender] },
    recipient_name: { value: recipient, candidates: [recipient] },
    currency: { value: 'EUR', candidates: ['EUR'] },
    net_amount: found(euros(net), 'Net EUR'),
    gross_amount: found(euros(net + tax), 'Amount due EUR'),
    tax_breakdowns: { value: [breakdown], candidates: [`VAT ${euros(rate)} % on ${euros(net)}: ${euros(tax)}`] },
    iban: found(germanIban(random), 'IBAN'),
  };
}

function euros(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

/** Check digits by ISO 7064 mod 97-10: the country `DE` counts as 1314, the unknown digits as 00. */
function germanIban(random: SeededRandom): string {
  const account = Array.from({ length: 18 }, () => random.below(10)).join('');
  const check = 98n - (BigInt(`${account}131400`) % 97n);
  return `DE${String(check).padStart(2, '0')}${account}`;
}
