import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSandbox, requestFaults, type RequestFacts, type Sandbox } from 'nestjs-exdata-sandbox';
import { z } from 'zod';
import { until } from '../until.js';
import type { DemoClient } from './client.js';
import { somePdf } from './client.js';
import { DemoProcess, startPatienceMs } from './demo-process.js';

const isUpload = ({ operation }: RequestFacts): boolean => operation === 'uploadDocument';

describe('pages for people', () => {
  let folder: string;
  let sandbox: Sandbox;
  let demo: DemoProcess;
  let client: DemoClient;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'exdata-pages-'));
    sandbox = createSandbox({
      processingMs: 10,
      accounts: [{ id: 'demo', tokens: [{ token: 'page_token', mode: 'test' }] }],
    });
    ({ demo, client } = await DemoProcess.start({
      DATABASE_URL: `sqlite:${path.join(folder, 'demo.sqlite')}`,
      EXDATA_TEST_BASE_URL: await sandbox.listen(),
      EXDATA_TEST_TOKEN: 'page_token',
      EXDATA_TEST_WEBHOOK_SECRETS: 'pages:a-secret-of-the-pages',
    }));
    sandbox.webhooks.addEndpoint({ url: `${client.url}/webhooks/exdata`, secret: 'a-secret-of-the-pages' });
  }, startPatienceMs + 10_000);

  afterAll(async () => {
    await demo.stop();
    await sandbox.close();
    await rm(folder, { recursive: true, force: true });
  });

  const send = async (sourceId: string): Promise<void> => {
    expect((await client.upload({ sourceId, file: somePdf(), filename: `${sourceId}.pdf` })).status).toBe(202);
  };
  const page = async (at: string, status = 200): Promise<string> => {
    const { status: seen, headers, text } = await client.call('GET', at);
    expect([seen, headers.get('content-type')]).toEqual([status, 'text/html; charset=utf-8']);
    expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    return text;
  };

  it('tell of a document that exdata refused, field by field, and what is safe to do', async () => {
    const errors = { file: ['It is <b>damaged</b>.'], locale: ['There is no such locale.'] };
    sandbox.faults.request(requestFaults.problem(422, 'validation_failed', 'No.', { errors }), { match: isUpload });
    await send('refused');
    const { exdata } = await client.until('refused', ({ state }) => state === 'rejected');
    for (const at of ['/', '/ops', '/ops/refused']) {
      const text = await page(at);
      expect(text).toContain('refused.pdf');
      expect(text).toContain('It is &#60;b&#62;damaged&#60;/b&#62;.');
      expect(text).toContain('There is no such locale.');
    }
    const text = await page('/ops/refused');
    expect(text).toContain(exdata?.requestId ?? 'no request id');
    expect(text).toContain('submit the corrected file under a new source id');
  });

  it('show a document in doubt to decide on, and the three ids of its way', async () => {
    const gross = { value: null, candidates: ['Amount due <EUR 12.00>'] };
    sandbox.documents.setOutcome({ status: 'completed', fields: { gross_amount: gross } });
    await send('doubtful');
    const { exdata } = await client.settled('doubtful');
    expect(await page('/review')).toContain('gross amount missing');
    const item = await page('/review/doubtful');
    expect(item).toContain('Amount due &#60;EUR 12.00&#62;');
    expect(item.indexOf('<th scope="row">gross amount')).toBeLessThan(item.indexOf('<th scope="row">document number'));
    const text = await page('/ops/doubtful');
    for (const id of ['doubtful', String(exdata?.documentId), exdata?.requestId ?? 'none'])
      expect(text).toContain(`<code>${id}</code>`);
    const [delivery] = sandbox.journal.deliveries(({ documentId }) => documentId === exdata?.documentId);
    expect(text).toContain(`<code>${delivery?.sentId ?? 'none'}</code>`);
    expect(await page('/ops')).toContain('1 document to review');
  });

  it('say in words what exdata could not read, until a person has decided', async () => {
    sandbox.documents.setOutcome({ status: 'error', error: { code: 'dark', message: 'The scan is too dark.' } });
    await send('dark');
    await client.settled('dark');
    expect(await page('/ops')).toContain('exdata could not read it (The scan is too dark.)');
    const fields = {
      document_number: '1',
      sender_name: 'S',
      currency: 'EUR',
      net_amount: '1.00',
      gross_amount: '1.00',
    };
    expect((await client.post('/reviews/dark/decision', { fields })).status).toBe(201);
    expect(await page('/ops')).not.toContain('dark.pdf');
    expect(await page('/review/dark')).toContain('Decided at');
  });

  it('say what holds the account up, until it is released', async () => {
    sandbox.faults.request(requestFaults.problem(402, 'insufficient_credits', 'No credits.'), { match: isUpload });
    await send('unpaid');
    await client.until('unpaid', ({ problem }) => problem?.code === 'insufficient_credits');
    await send('behind');
    await client.until('behind', ({ timeline }) => timeline.some(({ what }) => what === 'held'));
    const held = await page('/ops');
    expect(held).toContain('The account default is on hold');
    expect(held).toContain('Top up the exdata account and release its hold');
    expect(await page('/ops/behind')).toContain('Once the hold is released it goes out by itself');
    expect((await client.call('POST', '/accounts/default/release')).json).toEqual({ released: true });
    await Promise.all(['unpaid', 'behind'].map((sourceId) => client.settled(sourceId)));
    const released = await page('/ops');
    expect(released).not.toContain('on hold');
    expect(released).not.toContain('unpaid.pdf');
    expect((await page('/')).split('unpaid.pdf')).toHaveLength(2);
  });

  it('say that there is no such document', async () => {
    for (const at of ['/ops/nobody', '/review/nobody']) expect(await page(at, 404)).toContain('Not found');
  });

  it('tell of a delivery that was given up, and what is safe to do about it', async () => {
    await sandbox.webhooks.send({
      event: 'document.completed',
      body: '{"event":"document.completed","data":{"id":4040404}}',
    });
    const list = z.object({
      data: z.array(
        z.object({ id: z.string(), outcome: z.string(), reason: z.string().nullable(), documentId: z.number() }),
      ),
    });
    const shown = async () => list.parse((await client.call('GET', '/deliveries?documentId=4040404')).json).data;
    const untilDead = async (): Promise<void> => {
      await until(async () => (await shown())[0]?.outcome === 'dead');
    };
    await untilDead();
    const [delivery] = await shown();
    expect(delivery).toMatchObject({ reason: 'unknown-document', documentId: 4_040_404 });
    const text = await page('/ops');
    expect(text).toContain('exdata does not show its document to our token');
    expect(text).toContain(`/deliveries/${String(delivery?.id)}/replay`);
    expect((await client.call('POST', '/deliveries/none/replay')).status).toBe(404);
    expect((await client.call('POST', `/deliveries/${String(delivery?.id)}/discard`)).status).toBe(422);
    expect((await client.call('POST', `/deliveries/${String(delivery?.id)}/replay`)).status).toBe(202);
    await untilDead();
    const discarded = await client.post(`/deliveries/${String(delivery?.id)}/discard`, { why: 'not ours' });
    expect(discarded.status).toBe(200);
    expect(await page('/ops')).not.toContain(String(delivery?.id));
    expect((await client.post('/deliveries/redrive', { dryRun: true })).json).toEqual({
      dryRun: true,
      deliveries: [],
      handlerRuns: [],
    });
  });
});
