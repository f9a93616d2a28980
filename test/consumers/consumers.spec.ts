import { cp, mkdir, mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createSandbox, defaultAccounts } from 'nestjs-exdata-sandbox';
import { execute, pack, root, temporaryFolder } from '../packages.js';
import { describeWithRedisProgram, TestRedis } from '../services.js';

const sources = path.join(root, 'test/consumers/hosts');
let folder: string;
let remove: () => Promise<void>;
let tarball: string;

beforeAll(async () => {
  ({ folder, remove } = await temporaryFolder('consumers'));
  const packed = path.join(folder, 'packed');
  await mkdir(packed);
  tarball = await pack('nestjs-exdata', packed);
});

afterAll(() => remove());

describe.each(['nest12-esm', 'nest11-cjs'])('the packed library in the host %s', (kind) => {
  let host: string;

  beforeAll(async () => {
    host = await install(kind);
  });

  it("declares nothing that the host's compiler objects to", async () => {
    const complaints = await execute('npx', ['tsc', '--noEmit', '--declaration', '--skipLibCheck', 'false'], {
      cwd: host,
      env: cleanEnvironment(),
    }).catch(String);
    const ours = /node_modules\/nestjs-exdata\/|^src\/(bill-host|handed-on)\.ts/;
    expect(complaints.split('\n').filter((line) => ours.test(line))).toEqual([]);
  });

  it("lives one document through in the host's own tests", async () => {
    await liveOneDocument(host, {});
  });

  describeWithRedisProgram('over its queue', () => {
    it("lives one document through in the host's own tests", async () => {
      const redis = await TestRedis.start();
      await liveOneDocument(host, { REDIS_URL: `redis://127.0.0.1:${redis.port}` }).finally(() => redis.stop());
    });
  });
});

it('says what to install where BullMQ finds no driver', async () => {
  const host = path.join(folder, 'nest12-esm');
  const driver = path.join(host, 'node_modules/ioredis');
  const away = path.join(host, 'node_modules/.away');
  await rename(driver, away);
  const attempt = liveOneDocument(host, { REDIS_URL: 'redis://127.0.0.1:1' });
  await expect(attempt.finally(() => rename(away, driver))).rejects.toThrow('npm install ioredis');
});

/** Runs the host's own tests beside a simulator of their own, in a folder of their own. */
async function liveOneDocument(host: string, added: Readonly<Record<string, string>>): Promise<void> {
  const port = await freePort();
  const secret = 'consumer_webhook_secret';
  const number = 'CONSUMER-1';
  const sandbox = createSandbox({
    processingMs: 0,
    endpoints: [{ url: `http://127.0.0.1:${port}/webhooks/exdata`, secret }],
  });
  sandbox.documents.setOutcome({ status: 'completed', fields: { document_number: number } });
  const work = await mkdtemp(path.join(host, 'work-'));
  const file = path.join(work, 'invoice.pdf');
  await writeFile(file, '%PDF-1.4\n%%EOF\n');
  const settings = {
    PORT: String(port),
    EXDATA_BASE_URL: await sandbox.listen(),
    EXDATA_TOKEN: defaultAccounts[0].tokens[0].token,
    EXDATA_WEBHOOK_SECRET: secret,
    WORK_FOLDER: work,
    INVOICE_FILE: file,
    EXPECTED_NUMBER: number,
  };
  try {
    await execute('npm', ['test'], { cwd: host, env: { ...cleanEnvironment(), ...settings, ...added } });
    expect(sandbox.webhooks.deliveries().map(({ status }) => status)).toEqual(['delivered']);
  } finally {
    await sandbox.close();
  }
}

/**
 * Copies a host out of the workspace and installs its packages and the tarball there, as on a machine that never saw
 * the workspace.
 */
async function install(kind: string): Promise<string> {
  const host = path.join(folder, kind);
  await cp(path.join(sources, kind), host, { recursive: true });
  for (const shared of ['bill-host.ts', 'handed-on.ts'])
    await cp(path.join(sources, shared), path.join(host, 'src', shared));
  const quiet = ['--ignore-scripts', '--prefer-offline', '--no-audit', '--no-fund'];
  await execute('npm', ['install', ...quiet, tarball], { cwd: host, env: cleanEnvironment() });
  // Compiling SQLite takes minutes and shows nothing of the library: the workspace's copy, compiled already, stands in.
  const driver = 'node_modules/better-sqlite3';
  await rm(path.join(host, driver), { recursive: true, force: true });
  await cp(path.join(root, driver), path.join(host, driver), { recursive: true });
  return host;
}

/** What `npm test` and Jest tell their children would make the host's npm and Jest believe that they are ours. */
function cleanEnvironment(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !/^npm_|^(JEST_WORKER_ID|NODE_ENV|NODE_OPTIONS|INIT_CWD)$/i.test(name),
    ),
  );
}

/** The host's address must be known before it runs, since the simulator is told where to send webhooks. */
async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise((resolve) => server.close(resolve));
  return port;
}
