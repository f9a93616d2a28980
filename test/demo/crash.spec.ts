import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSandbox, requestFaults } from 'nestjs-exdata-sandbox';
import { describeWithMariadb, describeWithPostgres } from '../services.js';
import { somePdf } from './client.js';
import { DemoProcess, startPatienceMs } from './demo-process.js';

const secret = 'a webhook secret of good length';

describe('the demo, killed on SQLite', () => survives(() => null));
describeWithPostgres('the demo, killed on PostgreSQL', ({ url }) => survives(() => url));
describeWithMariadb('the demo, killed on MariaDB', ({ url }) => survives(() => url));

function survives(databaseUrl: () => string | null): void {
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
      const isUpload = ({ method, path: route }: { method: string; path: string }) => method === 'POST' && route.endsWith('/documents');
      sandbox.faults.request(requestFaults.slow(5_000), { match: isUpload });

      const { demo, client } = await DemoProcess.start(environment);
      running = demo;
      expect(await client.upload({ file: somePdf(), sourceId: 'interrupted' })).toMatchObject({ status: 202 });
      await sandbox.journal.waitForRequest((entry) => isUpload(entry) && entry.documentId !== null);
      await demo.kill();

      const restarted = await DemoProcess.start(environment);
      running = restarted.demo;
      sandbox.webhooks.addEndpoint({ url: `${restarted.client.url}/webhooks/exdata`, secret });
      const { exdata, bill } = await restarted.client.until('interrupted', (seen) => seen.bill !== null, 90_000);
      expect(bill?.exdataDocumentId).toBe(exdata?.documentId);
      expect(sandbox.documents.list()).toHaveLength(1);
      expect(await restarted.client.bills()).toHaveLength(1);
      expect(new Set(sandbox.journal.requests(isUpload).map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    },
    startPatienceMs,
  );
}
