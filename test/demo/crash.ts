import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createSandbox, requestFaults } from 'nestjs-exdata-sandbox';
import { somePdf } from './client.js';
import { DemoProcess, startPatienceMs } from './demo-process.js';
import { patienceMs } from '../until.js';

const secret = 'a webhook secret of good length';

/**
 * The demo waits for a lease of ordinary length: each database has a file of its own, for the waits to pass beside each
 * other.
 */
export function survives(databaseUrl: () => string | null): void {
  const sandbox = createSandbox();
  let folder: string;
  let running: DemoProcess | undefined;

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'demo-crash-'));
    await sandbox.listen();
  });
  afterAll(async () => {
    await running?.kill();
    await sandbox.close();
    await rm(folder, { recursive: true });
  });

  it(
    'between the bytes and the answer: one document at exdata, one bill',
    async () => {
      const environment = {
        DATABASE_URL: databaseUrl() ?? `sqlite:${folder}/demo.sqlite`,
        EXDATA_SPOOL_DIRECTORY: path.join(folder, 'spool'),
        EXDATA_TEST_BASE_URL: sandbox.baseUrl,
        EXDATA_TEST_TOKEN: 'sandbox_test_token',
        EXDATA_TEST_WEBHOOK_SECRETS: `current:${secret}`,
      };
      const isUpload = ({ method, path: route }: { method: string; path: string }) =>
        method === 'POST' && route.endsWith('/documents');
      sandbox.faults.request(requestFaults.slow(5_000), { match: isUpload });

      const { demo, client } = await DemoProcess.start(environment);
      running = demo;
      expect(await client.upload({ file: somePdf(), sourceId: 'interrupted' })).toMatchObject({ status: 202 });
      await sandbox.journal.waitForRequest((entry) => isUpload(entry) && entry.documentId !== null, {
        timeoutMs: patienceMs,
      });
      await demo.kill();

      const restarted = await DemoProcess.start(environment);
      running = restarted.demo;
      sandbox.webhooks.addEndpoint({ url: `${restarted.client.url}/webhooks/exdata`, secret });
      const { exdata, bill } = await restarted.client.until('interrupted', (seen) => seen.bill !== null);
      expect(bill?.exdataDocumentId).toBe(exdata?.documentId);
      expect(sandbox.documents.list()).toHaveLength(1);
      expect(await restarted.client.bills()).toHaveLength(1);
      expect(new Set(sandbox.journal.requests(isUpload).map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    },
    startPatienceMs,
  );
}
