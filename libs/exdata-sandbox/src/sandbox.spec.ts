import { createHmac } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { createSandbox, standardFields, VirtualClock, type Sandbox, type SandboxOptions } from './index.js';
import { Client, documentOf } from './testing/client.js';
import { startReceiver, type Receiver } from './testing/receiver.js';

describe('the life of a document', () => {
  let clock: VirtualClock;
  let sandbox: Sandbox;
  let client: Client;
  let receiver: Receiver;

  beforeEach(async () => {
    clock = new VirtualClock();
    receiver = await startReceiver();
    sandbox = createSandbox({ clock, endpoints: [{ url: receiver.url, secret: 'demo_secret_for_docs_only' }] });
    await sandbox.listen();
    client = new Client(sandbox);
  });

  afterEach(async () => {
    await sandbox.close();
    await receiver.close();
  });

  it('goes from pending through its stages to completed and tells it in a signed webhook', async () => {
    const response = await client.upload({
      fields: [
        ['locale', 'de'],
        ['requester', 'correlation-1'],
        ['custom_types[]', 'invoice'],
        ['custom_types[]', 'offer'],
      ],
    });
    expect(response.status).toBe(201);
    const created = await documentOf(response);
    expect(created).toMatchObject({
      mode: 'test',
      status: 'pending',
      processing_stage: 'queued',
      filename: 'scan.pdf',
      file_format: 'pdf',
      file_size: 18,
      locale: 'de',
      requester: 'correlation-1',
      custom_types: ['invoice', 'offer'],
      created_at: '2026-05-10T01:00:00.000000Z',
      latest_extraction_run: { source: 'api', status: 'pending', extraction_schema_version: '2026-05-17' },
    });

    await clock.advance(500);
    expect((await client.document(created.id)).processing_stage).toBe('extracting');
    expect(await client.extractions(created.id)).toEqual({});
    expect(receiver.received).toHaveLength(0);

    await clock.advance(500);
    expect(await client.document(created.id)).toMatchObject({
      status: 'completed',
      is_e_invoice: false,
      latest_extraction_run: { status: 'completed' },
    });
    expect(Object.keys(await client.extractions(created.id))).toEqual([...standardFields]);

    const [webhook] = receiver.received;
    const body = webhook?.body ?? '';
    expect(JSON.parse(body)).toMatchObject({
      event: 'document.completed',
      data: { id: created.id, mode: 'test', status: 'completed' },
    });
    expect(webhook?.headers).toMatchObject({
      'x-event': 'document.completed',
      'x-delivery': expect.stringMatching(/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/),
      'x-signature': createHmac('sha256', 'demo_secret_for_docs_only').update(body).digest('hex'),
      'x-timestamp': String(Date.UTC(2026, 4, 10, 1, 0, 1) / 1000),
      'user-agent': 'exdata-webhooks/1.0',
    });
  });
});

describe('the ids', () => {
  /** What one start gives to a document, its run, its delivery and the answer. */
  async function idsOf(options: SandboxOptions): Promise<readonly unknown[]> {
    const receiver = await startReceiver();
    const sandbox = createSandbox({ ...options, processingMs: 'manual', endpoints: [{ url: receiver.url }] });
    try {
      await sandbox.listen();
      const client = new Client(sandbox);
      const answer = await client.upload({});
      const { id } = await documentOf(answer);
      await sandbox.documents.finish(id);
      const [webhook] = receiver.received;
      const run = sandbox.documents.get(id)?.run?.id;
      return [id, run, webhook?.headers['x-delivery'], answer.headers.get('x-request-id')];
    } finally {
      await sandbox.close();
      await receiver.close();
    }
  }

  it('do not come again after a restart, so that a host may keep its database', async () => {
    const first = await idsOf({});
    const second = await idsOf({});
    for (const [index, id] of first.entries()) expect(second[index]).not.toEqual(id);
    expect(Number.isSafeInteger(first[0]) && Number.isSafeInteger(first[1])).toBe(true);
  });

  it('come again with the same seed, and begin where a test says', async () => {
    expect(await idsOf({ seed: 7 })).toEqual(await idsOf({ seed: 7 }));
    expect(await idsOf({ seed: 7, firstDocumentId: 1 })).toEqual([1, ...(await idsOf({ seed: 7 })).slice(1)]);
  });
});
