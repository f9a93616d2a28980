import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { ExdataTestModule } from 'nestjs-exdata';
import type { ExdataModuleOptions } from 'nestjs-exdata';
import { patienceMs } from '../until.js';
import { Host, secret, sign } from './host.js';

const [token, laterToken] = ['sandbox_test_token', 'sandbox_token_that_came_after'];
const laterSecret = 'whsec_that_came_later_for_tests';

let host: Host | undefined;
let folder: string;
let mount: string;
const before = { ...process.env };
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'exdata-mount-'));
  mount = path.join(folder, 'exdata');
});
afterEach(async () => {
  await host?.close();
  host = undefined;
  rmSync(folder, { recursive: true });
  for (const name of Object.keys(process.env)) if (!(name in before)) Reflect.deleteProperty(process.env, name);
});

let versions = 0;
/**
 * As Kubernetes mounts a secret, and as it changes one: files are links through `..data`, which is put elsewhere at
 * once.
 */
function mounted(files: Readonly<Record<string, string>>): void {
  const version = path.join(mount, `..version_${String(++versions)}`);
  mkdirSync(version, { recursive: true });
  for (const [name, text] of Object.entries(files)) writeFileSync(path.join(version, name), text);
  symlinkSync(version, path.join(mount, '..data_tmp'));
  renameSync(path.join(mount, '..data_tmp'), path.join(mount, '..data'));
  for (const name of Object.keys(files))
    try {
      symlinkSync(path.join('..data', name), path.join(mount, name));
    } catch {
      // It is there since the first version.
    }
}

async function start(prefixes: readonly string[], more: Readonly<Record<string, string>> = {}): Promise<Host> {
  const imported = ({ baseUrl = '', upload, work }: ExdataModuleOptions) => {
    for (const prefix of prefixes) {
      const name = prefix.toLowerCase();
      process.env[`EXDATA_TEST${prefix}_BASE_URL`] = baseUrl;
      process.env[`EXDATA_TEST${prefix}_TOKEN_FILE`] = path.join(mount, `token${name}`);
      process.env[`EXDATA_TEST${prefix}_WEBHOOK_SECRETS_FILE`] = path.join(mount, `secrets${name}`);
    }
    Object.assign(process.env, more);
    return ExdataTestModule.forRoot({ isGlobal: true, ...(upload && { upload }), ...(work && { work }) });
  };
  return (host = await Host.start({ imported, simulator: { processingMs: 5 } }));
}

async function deliver({ url }: Host, key: string, below = ''): Promise<number> {
  const body = Buffer.from(JSON.stringify({ data: { id: 404, status: 'completed' }, at: randomUUID() }));
  const headers = {
    'content-type': 'application/json',
    'x-signature': sign(key, body),
    'x-timestamp': String(Math.floor(Date.now() / 1000)),
    'x-delivery': randomUUID(),
    'x-event': 'document.completed',
  };
  return (await fetch(url + below, { method: 'POST', body, headers })).status;
}

const sentAs = async ({ uploads, documents }: Host, id: string, account?: string) => {
  const source = { type: 'invoice', id, ...(account !== undefined && { account }) };
  await uploads.submit({ source, file: Buffer.from(`%PDF-1.4 ${id}`), filename: `${id}.pdf` });
  return (await documents.waitFor(source, { until: 'completed', timeoutMs: patienceMs })).exdataId;
};

describe('[C1 C3] EXDATA_TEST_TOKEN_FILE and EXDATA_TEST_WEBHOOK_SECRETS_FILE, in a mounted secret', () => {
  it('are followed when the secret is changed, without a start', async () => {
    mounted({ token, secrets: `old:${secret}` });
    const started = await start(['']);
    await sentAs(started, 'INV-1');
    expect([await deliver(started, secret), await deliver(started, laterSecret)]).toEqual([204, 401]);

    mounted({ token: laterToken, secrets: `new:${laterSecret}\nold:${secret}\n` });
    started.sandbox.accounts.addToken('acct_1', { token: laterToken, mode: 'test' });
    started.sandbox.accounts.revokeToken(token);
    await sentAs(started, 'INV-2');
    await started.until(async () => (await deliver(started, laterSecret)) === 204);
    expect(await deliver(started, secret)).toBe(204);
    expect(started.pager.alerts).toEqual([]);

    // The old one is taken out: it counts no more.
    mounted({ token: laterToken, secrets: `new:${laterSecret}` });
    await started.until(async () => (await deliver(started, secret)) === 401);
    expect(await deliver(started, laterSecret)).toBe(204);
  });

  it('are those of each account, where several are named', async () => {
    mounted({ token, secrets: `a:${secret}`, token_acme: 'token_of_acme', secrets_acme: `b:${laterSecret}` });
    const starting = start(['', '_ACME'], { EXDATA_TEST_ACCOUNTS: 'default,acme' });
    const started = await starting;
    started.sandbox.accounts.addToken('acct_1', { token: 'token_of_acme', mode: 'test' });
    await sentAs(started, 'INV-1');
    await sentAs(started, 'INV-1', 'acme');
    expect([await deliver(started, laterSecret, '/acme'), await deliver(started, secret, '/acme')]).toEqual([204, 401]);
    expect([await deliver(started, secret), await deliver(started, laterSecret)]).toEqual([204, 401]);
  });

  it('leave the last good value where a change is half done, and tell of it once', async () => {
    mounted({ token, secrets: `old:${secret}` });
    const started = await start(['']);
    await sentAs(started, 'INV-1');
    mounted({ token: '', secrets: '' });
    const told = (): string[] => started.lines.filter((line) => line.startsWith('config.secret_not_renewed'));
    await started.until(async () => {
      await deliver(started, secret);
      await sentAs(started, randomUUID());
      return told().length >= 2;
    });
    expect(await deliver(started, secret)).toBe(204);
    expect(told().sort()).toEqual([
      expect.stringContaining('EXDATA_TEST_TOKEN_FILE: names a file that is empty'),
      expect.stringContaining('EXDATA_TEST_WEBHOOK_SECRETS_FILE: names a file that is empty'),
    ]);
    expect(started.lines.join()).not.toContain(secret);
  });
});
