import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { createSandbox, VirtualClock, type Sandbox } from '../index.js';
import { Client } from '../testing/client.js';

const folder = path.join(process.env.EXDATA_SHARED ?? path.resolve('..', 'shared'), 'invoices');
const text = z.string().nullable();
const expectedSchema = z.record(
  z.string(),
  z.object({
    type_code: z.string(),
    document_number: text,
    issue_date: text,
    payment_due_date: text,
    sender_name: text,
    recipient_name: text,
    currency: text,
    net_amount: text,
    gross_amount: text,
    iban: text,
    tax_breakdowns: z.array(z.object({ taxable_amount: z.string(), tax_amount: z.string(), tax_rate: z.string() })),
  }),
);
const rowsSchema = z
  .array(z.object({ taxable_amount: z.string(), tax_amount: z.string(), tax_rate: z.string() }))
  .nullable();

const present = existsSync(folder);
const required = process.env.EXDATA_REQUIRE_SHARED === '1';

// The files are not part of the project: where they are absent there is nothing to compare with, unless their absence
// is itself the fault.
const name = 'invoices of the public test suites';
const describeHere = present || required ? describe : describe.skip;
describeHere(present ? name : `${name} (no ${folder})`, () => {
  const clock = new VirtualClock();
  let sandbox: Sandbox;
  let client: Client;

  beforeAll(async () => {
    sandbox = createSandbox({ clock });
    await sandbox.listen();
    client = new Client(sandbox);
  });

  afterAll(() => sandbox.close());

  it('are read as an independent reader does', async () => {
    const expected = expectedSchema.parse(JSON.parse(await readFile(path.join(folder, 'expected.json'), 'utf8')));
    const read: Record<string, unknown> = {};
    for (const filename of Object.keys(expected)) {
      const { id } = await client.uploaded({ file: await readFile(path.join(folder, filename)), filename });
      await clock.advance(1_000);
      expect(await client.document(id)).toMatchObject({ status: 'completed', is_e_invoice: true });
      read[filename] = await fieldsOf(id);
    }
    const wanted = Object.entries(expected).map(
      ([filename, { type_code, iban, net_amount, gross_amount, tax_breakdowns, ...rest }]) => [
        filename,
        {
          ...rest,
          type: type_code === '381' ? 'credit-note' : 'invoice',
          iban: iban?.replaceAll(' ', '') ?? null,
          net_amount: places(net_amount),
          gross_amount: places(gross_amount),
          tax_breakdowns: tax_breakdowns.map(row),
        },
      ],
    );
    expect(read).toEqual(Object.fromEntries(wanted));
  });

  async function fieldsOf(id: number): Promise<Record<string, unknown>> {
    const fields = Object.entries(await client.extractions(id)).map(([name, { value }]) => [name, value] as const);
    const { tax_breakdowns, ...rest } = Object.fromEntries(fields);
    return { ...rest, tax_breakdowns: (rowsSchema.parse(tax_breakdowns) ?? []).map(row) };
  }
});

function row({
  taxable_amount,
  tax_amount,
  tax_rate,
}: {
  taxable_amount: string;
  tax_amount: string;
  tax_rate: string;
}): unknown {
  return [places(taxable_amount), places(tax_amount), places(tax_rate)];
}

/** None of these files has more than two places. */
function places(amount: string | null): string | null {
  return amount === null ? null : Number(amount).toFixed(2);
}
