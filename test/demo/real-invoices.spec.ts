import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSandbox } from 'nestjs-exdata-sandbox';
import { z } from 'zod';
import { describeWithPostgres } from '../services.js';
import type { DemoClient } from './client.js';
import { DemoProcess, startPatienceMs } from './demo-process.js';

const shared = process.env.EXDATA_SHARED ?? fileURLToPath(new URL('../../../shared', import.meta.url));
const folderOfInvoices = path.join(shared, 'invoices');
const arePresent = existsSync(path.join(folderOfInvoices, 'expected.json'));
const areRequired = process.env.EXDATA_REQUIRE_SHARED === '1';

const optional = z.string().nullable();
const truths = z.record(
  z.string(),
  z.object({
    type_code: z.string(),
    document_number: optional,
    issue_date: optional,
    payment_due_date: optional,
    sender_name: optional,
    currency: optional,
    net_amount: optional,
    gross_amount: optional,
    iban: optional,
    tax_breakdowns: z.array(z.object({ tax_amount: z.string() })),
  }),
);
type Truth = z.infer<typeof truths>[string];

/** What must be there before a bill can be written (demo-api.md, last paragraph). */
const needed = ['document_number', 'sender_name', 'currency', 'net_amount', 'gross_amount'] as const;
const secret = 'a webhook secret of good length';

if (arePresent || areRequired) {
  describe('real invoices on SQLite', () => areRead(() => null));
  describeWithPostgres('real invoices on PostgreSQL', ({ url }) => areRead(() => url));
} else {
  const { skip: describeSkipped } = describe;
  describeSkipped(`real invoices (SKIPPED: none in ${folderOfInvoices})`, () => {
    it('are read', () => undefined);
  });
}

function areRead(databaseUrl: () => string | null): void {
  const expected = truths.parse(JSON.parse(readFileSync(path.join(folderOfInvoices, 'expected.json'), 'utf8')));
  const sandbox = createSandbox({ processingMs: 0 });
  let folder: string;
  let running: DemoProcess | undefined;
  let client: DemoClient;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'demo-invoices-'));
    const started = await DemoProcess.start({
      DATABASE_URL: databaseUrl() ?? `sqlite:${folder}/demo.sqlite`,
      EXDATA_SPOOL_DIRECTORY: path.join(folder, 'spool'),
      EXDATA_TEST_BASE_URL: await sandbox.listen(),
      EXDATA_TEST_TOKEN: 'sandbox_test_token',
      EXDATA_TEST_WEBHOOK_SECRETS: `current:${secret}`,
    });
    running = started.demo;
    client = started.client;
    sandbox.webhooks.addEndpoint({ url: `${client.url}/webhooks/exdata`, secret });
  }, startPatienceMs);
  afterAll(async () => {
    await running?.kill();
    await sandbox.close();
    await rm(folder, { recursive: true });
  });

  it.each(Object.keys(expected))('%s', async (name) => {
    const truth = expected[name];
    if (!truth) throw new Error(`nothing is known of ${name}`);
    const file = readFileSync(path.join(folderOfInvoices, name));
    await client.upload({
      file,
      filename: name,
      sourceId: name,
      type: name.endsWith('.xml') ? 'application/xml' : 'application/pdf',
    });
    const { bill, review } = await client.settled(name);
    expect([bill, review].filter((outcome) => outcome !== null)).toHaveLength(1);
    if (review) {
      expect(whyDoubtful(truth)).not.toEqual([]);
      expect(review.fields.filter(({ reasons }) => reasons.length > 0).map(({ field }) => field)).toEqual(
        expect.arrayContaining(whyDoubtful(truth)),
      );
    } else {
      expect(whyDoubtful(truth)).toEqual([]);
      expect(bill).toMatchObject({
        documentType: truth.type_code === '381' ? 'credit-note' : 'invoice',
        documentNumber: truth.document_number,
        issueDate: truth.issue_date,
        paymentDueDate: truth.payment_due_date,
        vendorName: truth.sender_name,
        currency: truth.currency,
        iban: truth.iban?.replaceAll(' ', '') ?? null,
      });
      expect([bill?.netAmount, bill?.grossAmount].map(Number)).toEqual([
        Number(truth.net_amount),
        Number(truth.gross_amount),
      ]);
      expect(bill?.taxBreakdowns.map(({ taxAmount }) => Number(taxAmount))).toEqual(
        truth.tax_breakdowns.map((tax) => Number(tax.tax_amount)),
      );
    }
  });
}

/** The fields of the document itself that call for a person: told independently of the rules under test. */
function whyDoubtful(truth: Truth): string[] {
  const missing = needed.filter((field) => truth[field] === null);
  const taxes = truth.tax_breakdowns.reduce((sum, tax) => sum + cents(tax.tax_amount), 0);
  const { net_amount: net, gross_amount: gross, iban } = truth;
  const sums = net !== null && gross !== null && cents(net) + taxes !== cents(gross) ? ['gross_amount'] : [];
  return [...missing, ...sums, ...(iban !== null && !hasRightCheckDigits(iban) ? ['iban'] : [])];
}

function cents(amount: string): number {
  return Math.round(Number(amount) * 100);
}

function hasRightCheckDigits(iban: string): boolean {
  const compact = iban.replaceAll(' ', '');
  const moved = compact.slice(4) + compact.slice(0, 4);
  return (
    Array.from(moved).reduce((rest, character) => Number(`${rest}${Number.parseInt(character, 36)}`) % 97, 0) === 1
  );
}
