import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSandbox, type Outcome, requestFaults } from 'nestjs-exdata-sandbox';
import { type Demo, startDemo } from '../../apps/demo/src/demo.js';
import { readSettings } from '../../apps/demo/src/settings/read-settings.js';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { until } from '../until.js';
import { DemoClient, somePdf } from './client.js';

const secret = 'a webhook secret of good length';

describe('the demo on SQLite and Express', () => lives(() => null));
describe('the demo on SQLite and Fastify', () => lives(() => null, 'fastify'));
describeWithPostgres('the demo on PostgreSQL', ({ url }) => lives(() => url));
describeWithMariadb('the demo on MariaDB', ({ url }) => lives(() => url));

function lives(databaseUrl: () => string | null, adapter = 'express'): void {
  const sandbox = createSandbox({ processingMs: 0 });
  let folder: string;
  let demo: Demo;
  let client: DemoClient;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'demo-spec-'));
    const settings = readSettings({
      PORT: '0',
      HTTP_ADAPTER: adapter,
      DATABASE_URL: databaseUrl() ?? `sqlite:${folder}/demo.sqlite`,
      EXDATA_SPOOL_DIRECTORY: path.join(folder, 'spool'),
      EXDATA_TEST_BASE_URL: await sandbox.listen(),
      EXDATA_TEST_TOKEN: 'sandbox_test_token',
      EXDATA_TEST_WEBHOOK_SECRETS: `current:${secret}`,
      EXDATA_UPLOAD_MAX_BYTES: '200000',
    });
    demo = await startDemo(settings, false);
    client = new DemoClient(demo.url);
    sandbox.webhooks.addEndpoint({ url: `${demo.url}/webhooks/exdata`, secret });
  });

  afterAll(async () => {
    await demo.close();
    await sandbox.close();
    await rm(folder, { recursive: true });
  });

  /** Sends a file whose processing ends as told, and waits for what becomes of it. */
  async function sent(sourceId: string, outcome: Outcome = { status: 'completed' }) {
    sandbox.documents.setOutcome(outcome);
    expect(await client.upload({ file: somePdf(), sourceId })).toMatchObject({ status: 202 });
    return client.settled(sourceId);
  }

  const handled = ({ timeline }: { readonly timeline: readonly { readonly what: string }[] }) =>
    timeline.filter(({ what }) => what === 'handler.done').length;

  /** Has exdata read the document anew, and waits until the demo has taken that in. */
  async function readAgain(sourceId: string, outcome: Outcome) {
    // The view is made of several reads: one that shows the bill may not show yet that its handler is done.
    const before = await client.until(sourceId, (seen) => handled(seen) > 0);
    sandbox.documents.setOutcome(outcome);
    sandbox.documents.rerun(before.exdata?.documentId ?? 0);
    await client.until(sourceId, (seen) => handled(seen) > handled(before));
    return client.invoice(sourceId);
  }

  const doubtful: Outcome = {
    status: 'completed',
    fields: {
      gross_amount: { value: null, candidates: ['Total 119.00', 'Amount due 1,190.00'] },
      net_amount: '100.00',
      tax_breakdowns: [{ tax_amount: '19.00' }],
    },
  };

  it('makes a draft bill of an invoice beyond doubt, and tells how', async () => {
    await sent('plain', { status: 'completed', fields: { document_number: 'R-1', sender_name: 'Seller & Söhne' } });
    // Bill and history are read one after the other: the bill may be there before the line that tells of it.
    const invoice = await client.until('plain', (seen) => handled(seen) > 0);
    expect(invoice).toMatchObject({ state: 'completed', review: null, problem: null, exdata: { mode: 'test' } });
    expect(invoice.bill).toMatchObject({
      sourceId: 'plain',
      documentType: 'invoice',
      documentNumber: 'R-1',
      vendorName: 'Seller & Söhne',
      status: 'draft',
    });
    expect(invoice.bill?.exdataDocumentId).toBe(invoice.exdata?.documentId);
    expect(invoice.timeline.map(({ what }) => what)).toEqual(
      expect.arrayContaining(['queued', 'uploading', 'pending', 'completed', 'handler.done']),
    );
    expect((await client.call('GET', '/bills/plain')).json).toEqual(invoice.bill);
    expect((await client.bills()).filter(({ sourceId }) => sourceId === 'plain')).toHaveLength(1);
  });

  it('takes the same bytes again as the same invoice, and other bytes not at all', async () => {
    const file = somePdf();
    const first = await client.upload({ file, sourceId: 'a/b c', filename: 'Überweisung.pdf', locale: 'de' });
    const again = await client.upload({ file, sourceId: 'a/b c', filename: 'Überweisung.pdf', locale: 'de' });
    const other = await client.upload({ file: somePdf(), sourceId: 'a/b c' });
    expect([first.status, again.status, other.status]).toEqual([202, 200, 409]);
    expect(other.json).toMatchObject({ code: 'source_conflict' });
    const settled = await client.settled('a/b c');
    expect(settled.filename).toBe('Überweisung.pdf');
    expect(sandbox.documents.list().filter(({ id }) => id === settled.exdata?.documentId)).toHaveLength(1);
  });

  it.each([
    ['an empty file', { file: '' }, 422, { code: 'file_empty', field: 'file' }],
    ['a program named .pdf', { file: 'MZ\x90\0 not an invoice' }, 422, { code: 'file_type', field: 'file' }],
    ['no file', { sourceId: 'x' }, 422, { code: 'file_missing', field: 'file' }],
    [
      'a source id with a line break',
      { file: somePdf(), sourceId: 'a\nb' },
      422,
      { code: 'invalid_field', field: 'sourceId' },
    ],
    [
      'a source id of 201 characters',
      { file: somePdf(), sourceId: 'x'.repeat(201) },
      422,
      { code: 'invalid_field', field: 'sourceId' },
    ],
    ['a locale that is none', { file: somePdf(), locale: '!' }, 422, { code: 'invalid_field', field: 'locale' }],
    ['too many bytes', { file: `%PDF-1.7${' '.repeat(200_000)}` }, 413, { code: 'file_too_large', field: 'file' }],
  ])('refuses %s before a byte leaves', async (_what, parts, status, body) => {
    const uploads = () => sandbox.journal.requests(({ method }) => method === 'POST').length;
    const before = uploads();
    expect(await client.upload(parts)).toMatchObject({ status, json: { ...body, message: expect.any(String) } });
    expect(uploads()).toBe(before);
  });

  it('names a source that has no name', async () => {
    const answer = await client.upload({ file: somePdf() });
    expect(answer).toMatchObject({ status: 202, json: { sourceId: expect.stringMatching(/^[0-9a-f-]{36}$/) } });
    const [newest] = (await client.invoices()).data;
    expect(await client.settled(newest?.sourceId ?? '')).toMatchObject({ sha256: newest?.sha256, state: 'completed' });
  });

  it('lists page by page, the newest first', async () => {
    await sent('listed-1');
    await sent('listed-2');
    const first = await client.invoices('?limit=1&state=completed');
    const second = await client.invoices(`?limit=1&state=completed&after=${first.next ?? ''}`);
    expect([...first.data, ...second.data].map(({ sourceId }) => sourceId)).toEqual(['listed-2', 'listed-1']);
    expect(await client.call('GET', '/invoices?state=lost')).toMatchObject({
      status: 400,
      json: { code: 'invalid_query', field: 'state' },
    });
    expect(await client.call('GET', '/invoices?after=nowhere')).toMatchObject({
      status: 400,
      json: { field: 'after' },
    });
  });

  it('asks a person about a doubtful amount, and makes the bill they decide on', async () => {
    const { bill, review } = await sent('doubtful', doubtful);
    expect(bill).toBeNull();
    expect(review).toMatchObject({ status: 'open', outcome: 'completed', decision: null });
    expect(review?.fields.find(({ field }) => field === 'gross_amount')).toEqual({
      field: 'gross_amount',
      class: 'money',
      value: null,
      candidates: ['Total 119.00', 'Amount due 1,190.00'],
      reasons: ['missing'],
    });
    const decide = (fields: unknown) => client.post('/reviews/doubtful/decision', { fields });
    expect(await decide({})).toMatchObject({ status: 400, json: { code: 'invalid_decision', field: 'gross_amount' } });
    expect(await decide({ gross_amount: '119,00' })).toMatchObject({ status: 400, json: { field: 'gross_amount' } });
    expect(await decide({ grand_total: '119.00' })).toMatchObject({ status: 400, json: { code: 'invalid_decision' } });
    expect(await decide({ gross_amount: '119.00' })).toMatchObject({
      status: 201,
      json: { sourceId: 'doubtful', grossAmount: '119.00' },
    });
    expect(await decide({ gross_amount: '118.00' })).toMatchObject({ status: 409, json: { code: 'already_decided' } });
    expect(await client.invoice('doubtful')).toMatchObject({
      bill: { grossAmount: '119.00' },
      review: { status: 'decided', decision: { fields: { gross_amount: '119.00' } } },
    });
  });

  it('lets one of two decisions at once win', async () => {
    await sent('contested', doubtful);
    const answers = await Promise.all(
      ['119.00', '1190.00'].map((gross) =>
        client.post('/reviews/contested/decision', { fields: { gross_amount: gross } }),
      ),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([201, 409]);
    expect((await client.bills()).filter(({ sourceId }) => sourceId === 'contested')).toHaveLength(1);
  });

  it('sends what exdata could not or would not read to a person, with the request id', async () => {
    const failed = await sent('unreadable', { status: 'error', error: 'Unreadable scan.' });
    expect(failed).toMatchObject({
      state: 'error',
      bill: null,
      review: { outcome: 'error', requestId: failed.exdata?.requestId },
    });
    const blocked = await sent('refused', { status: 'blocked', reason: 'policy' });
    expect(blocked).toMatchObject({
      state: 'blocked',
      bill: null,
      review: { outcome: 'blocked', blockedReason: 'policy' },
    });
    expect(blocked.review?.requestId).toEqual(expect.any(String));
    expect(await client.post('/reviews/refused/decision', {})).toMatchObject({
      status: 400,
      json: { field: 'document_number' },
    });
  });

  it('sends a document whose extraction cannot be read to a person, and makes the bill once it can be', async () => {
    const isExtraction = ({ path: asked }: { readonly path: string }) => asked.endsWith('/extractions');
    const mend = sandbox.faults.request(requestFaults.oversized(6_000_000), { match: isExtraction, times: 100 });
    const unread = await sent('unread').finally(mend);
    expect(unread).toMatchObject({ state: 'completed', problem: { code: 'response_too_large' }, bill: null });
    expect(unread.review).toMatchObject({ outcome: 'unread', status: 'open' });
    expect(await client.post('/reviews/unread/decision', {})).toMatchObject({
      status: 400,
      json: { field: 'document_number' },
    });
    expect(await client.call('GET', '/review/unread')).toMatchObject({
      status: 200,
      text: expect.stringContaining('cannot be read here'),
    });
    // The run is given up by a write of its own, a moment after the person was told.
    await client.until('unread', ({ timeline }) => timeline.some(({ what }) => what === 'handler.dead'));
    expect(await client.post('/deliveries/redrive', {})).toMatchObject({ status: 200 });
    // The view is made of several reads: one that shows the bill may still show the problem.
    const read = await client.until('unread', ({ bill, problem }) => bill !== null && problem === null);
    expect(read.review).toBeNull();
  });

  it('replaces the review item of a blocked document that is completed after all', async () => {
    const { exdata } = await sent('resumed', { status: 'blocked', reason: 'policy' });
    await sandbox.documents.finish(exdata?.documentId ?? 0, { status: 'completed' });
    expect(await client.until('resumed', ({ bill }) => bill !== null)).toMatchObject({
      state: 'completed',
      review: null,
    });
  });

  it('follows a new extraction run, bill or review, never both', async () => {
    await sent('read-again');
    expect(await readAgain('read-again', doubtful)).toMatchObject({ bill: null, review: { status: 'open' } });
    expect(await readAgain('read-again', { status: 'completed', fields: { document_number: 'R-3' } })).toMatchObject({
      bill: { documentNumber: 'R-3' },
      review: null,
    });
    expect((await client.bills()).filter(({ sourceId }) => sourceId === 'read-again')).toHaveLength(1);
  });

  it('leaves alone what a person decided', async () => {
    await sent('decided', doubtful);
    await client.post('/reviews/decided/decision', { fields: { gross_amount: '119.00' } });
    expect(await readAgain('decided', { status: 'completed', fields: { document_number: 'R-4' } })).toMatchObject({
      bill: { grossAmount: '119.00' },
      review: { status: 'decided' },
    });
  });

  it('does not know what was never sent', async () => {
    for (const route of [
      '/invoices/none',
      '/invoices/%00',
      '/bills/none',
      '/bills/%00',
      '/reviews/none',
      '/reviews/%00',
    ]) {
      expect(await client.call('GET', route)).toMatchObject({ status: 404, json: { code: 'not_found' } });
    }
    expect(await client.post('/reviews/none/decision', {})).toMatchObject({ status: 404 });
  });

  it('shows people a page that runs nothing', async () => {
    await client.upload({ file: somePdf(), sourceId: '<script>alert(1)</script>', filename: 'a"><img src=x>.pdf' });
    const { status, text, headers } = await client.call('GET', '/');
    expect(status).toBe(200);
    expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(headers.get('content-security-policy')).toMatch(/^default-src 'none'; style-src 'sha256-[A-Za-z0-9+/=]+';/);
    expect(text).toContain('&#60;script&#62;alert(1)');
    expect(text).not.toMatch(/<script|<img/);
  });

  it('answers probes', async () => {
    // Ready is rightly a 503 for as long as the database takes a second to answer, on a busy machine.
    for (const probe of ['startup', 'live', 'ready'])
      await until(async () => (await client.call('GET', `/health/${probe}`)).status === 200);
  });
}
