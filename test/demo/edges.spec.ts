import { spawnSync } from 'node:child_process';
import { mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createConnection, createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { LoggerService } from '@nestjs/common';
import { type Demo, startDemo } from '../../apps/demo/src/demo.js';
import { readSettings } from '../../apps/demo/src/settings/read-settings.js';
import { describeWithPostgres } from '../services.js';
import { describeWithSmallDisk } from '../small-disk.js';
import { DemoClient, somePdf } from './client.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'demo-edges-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** A demo whose exdata nobody answers for, and whose temporary files lie where they can be looked at. */
async function started(
  temporary: string,
  environment: Readonly<Record<string, string>> = {},
  logger: LoggerService | false = false,
): Promise<{ demo: Demo; client: DemoClient }> {
  const settings = readSettings({
    PORT: '0',
    TMPDIR: temporary,
    DATABASE_URL: `sqlite:${folder}/data/demo.sqlite`,
    EXDATA_SPOOL_DIRECTORY: path.join(folder, 'spool'),
    EXDATA_TEST_BASE_URL: 'http://127.0.0.1:9/api/v1',
    EXDATA_TEST_TOKEN: 'sandbox_test_token',
    EXDATA_TEST_WEBHOOK_SECRETS: 'current:a webhook secret of good length',
    ...environment,
  });
  const demo = await startDemo(settings, logger);
  return { demo, client: new DemoClient(demo.url) };
}

describe.each(['express', 'fastify'])('the demo on %s', (adapter) => {
  let temporary: string;
  let left: string[];
  let demo: Demo;
  let client: DemoClient;
  beforeAll(async () => {
    temporary = path.join(folder, adapter);
    const { pid } = spawnSync(process.execPath, ['-e', '']);
    // In a container the process before had the same id.
    left = [pid, process.pid].map((id) => `exdata-demo-${id}-0123456789ab`);
    for (const name of left) {
      await mkdir(path.join(temporary, name), { recursive: true });
      await writeFile(path.join(temporary, name, 'received'), 'what a killed process left');
    }
    await writeFile(path.join(temporary, 'exdata-demo-notes'), 'somebody else’s');
    ({ demo, client } = await started(temporary, { HTTP_ADAPTER: adapter }));
  });
  afterAll(() => demo.close());

  const own = async (): Promise<string[]> => (await readdir(temporary)).filter((name) => /^exdata-demo-\d+/.test(name));

  it('erases what a killed process received, and nothing of others', async () => {
    for (const name of left) expect(await readdir(temporary)).not.toContain(name);
    expect(await readdir(temporary)).toContain('exdata-demo-notes');
  });

  it('keeps nothing of what it received', async () => {
    expect(await client.upload({ file: somePdf() })).toMatchObject({ status: 202 });
    const [name = ''] = await own();
    expect((await stat(path.join(temporary, name))).mode & 0o777).toBe(0o700);
    expect(await readdir(path.join(temporary, name))).toEqual([]);
  });

  it('makes the folder for uploads again where somebody removes it', async () => {
    for (const name of await own()) await rm(path.join(temporary, name), { recursive: true });
    expect(await client.upload({ file: somePdf() })).toMatchObject({ status: 202 });
    expect(await client.call('GET', '/health/ready')).toMatchObject({ status: 200 });
  });

  it('says nothing of what it is made of', async () => {
    const { headers } = await client.call('GET', '/health/live');
    expect(headers.get('x-powered-by')).toBeNull();
    expect(headers.get('server')).toBeNull();
  });

  it('keeps its database to itself', async () => {
    expect((await stat(path.join(folder, 'data'))).mode & 0o777).toBe(0o700);
    const files = (await readdir(path.join(folder, 'data'))).filter((name) => name.startsWith('demo.sqlite'));
    expect(files).toContain('demo.sqlite');
    for (const file of files) expect((await stat(path.join(folder, 'data', file))).mode & 0o777).toBe(0o600);
  });

  it.each(['.', '..'])('refuses the source id %j, which it could not be asked for', async (sourceId) => {
    expect(await client.upload({ file: somePdf(), sourceId })).toMatchObject({
      status: 422,
      json: { field: 'sourceId' },
    });
  });

  const long = 'x'.repeat(5_000);
  it.each<[string, string, string]>([
    ...[71, 257, 5_000].map((length): [string, string, string] => {
      const boundary = 'x'.repeat(length);
      return [`of ${length} characters`, `boundary="${boundary}"`, boundary];
    }),
    ['with a quotation mark in it', `boundary="a\\"${long}"`, `a"${long}`],
    ['after another one in a quoted parameter', `x="; boundary=a"; boundary=${long}`, long],
    ['that is encoded', `boundary*=UTF-8''${long}`, long],
    ['of characters that take two bytes', `boundary="${'\u00e9'.repeat(140)}"`, '\u00e9'.repeat(140)],
    ['of encoded characters that take two bytes', `boundary*=iso-8859-1''${'%e9'.repeat(140)}`, '\u00e9'.repeat(140)],
  ])('answers 400 to a form with a boundary %s', async (_, parameters, boundary) => {
    const part = 'Content-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.7';
    const answer = await fetch(`${demo.url}/invoices`, {
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; ${parameters}` },
      body: `--${boundary}\r\n${part}\r\n--${boundary}--\r\n`,
    });
    expect([answer.status, await answer.json()]).toEqual([
      400,
      { code: 'invalid_form', message: expect.stringContaining('boundary') },
    ]);
  });

  it('takes a form whose boundary has all that it may, quoted, beside another parameter', async () => {
    const boundary = "'()+_,-./:=? ".padEnd(70, 'x');
    const part = 'Content-Disposition: form-data; name="file"; filename="a.pdf"\r\n\r\n%PDF-1.7 all';
    const answer = await fetch(`${demo.url}/invoices`, {
      method: 'POST',
      headers: { 'content-type': `multipart/form-data; charset="utf-8"; boundary="${boundary}"` },
      body: `--${boundary}\r\n${part}\r\n--${boundary}--\r\n`,
    });
    expect(answer.status).toBe(202);
  });
});

describeWithSmallDisk('where there is no room for temporary files, the demo', 2_000_000, (disk) => {
  it.each(['express', 'fastify'])(
    'on %s answers 503 with a wait, is not ready, and is both again once there is',
    async (adapter) => {
      const { demo, client } = await started(disk.folder, { HTTP_ADAPTER: adapter });
      try {
        const file = `%PDF-1.7 ${adapter}${' '.repeat(100_000)}`;
        expect(await client.upload({ file })).toMatchObject({ status: 202 });
        await writeFile(path.join(disk.folder, 'filler'), Buffer.alloc(3_000_000)).catch(() => undefined);
        const refused = await client.upload({ file: `${file}.` });
        expect(refused).toMatchObject({
          status: 503,
          json: { code: 'storage_failed', message: expect.stringContaining('ENOSPC') },
        });
        expect(refused.headers.get('retry-after')).toBe('5');
        expect(await client.call('GET', '/health/ready')).toMatchObject({
          status: 503,
          text: expect.stringContaining('no room'),
        });
        await rm(path.join(disk.folder, 'filler'));
        expect(await client.upload({ file: `${file}.` })).toMatchObject({ status: 202 });
        expect(await client.call('GET', '/health/ready')).toMatchObject({ status: 200 });
      } finally {
        await demo.close();
      }
    },
  );
});

describeWithSmallDisk('where temporary files cannot be stored, the demo', 2_000_000, (disk) => {
  it.each(['express', 'fastify'])(
    'on %s tells of it once, and health shows it beside uploads that can be taken',
    async (adapter) => {
      const lines: string[] = [];
      const keep = (line: unknown): void => void lines.push(String(line));
      const logger: LoggerService = { log: () => undefined, warn: keep, error: keep };
      const { demo, client } = await started(
        disk.folder,
        { HTTP_ADAPTER: adapter, EXDATA_UPLOAD_MAX_BYTES: '9000000' },
        logger,
      );
      try {
        const large = `%PDF-1.7 ${adapter}${' '.repeat(3_000_000)}`;
        for (let times = 0; times < 3; times++)
          expect(await client.upload({ file: large })).toMatchObject({ status: 503, json: { code: 'storage_failed' } });
        expect(await client.call('GET', '/health/ready')).toMatchObject({
          status: 200,
          json: {
            details: {
              exdata: {
                status: 'up',
                faults: expect.arrayContaining([expect.objectContaining({ kind: 'storage', count: 3 })]),
              },
            },
          },
        });
        disk.readOnly(true);
        expect(await client.upload({ file: somePdf() })).toMatchObject({
          status: 503,
          json: { code: 'storage_failed' },
        });
        for (let probe = 0; probe < 20; probe++)
          expect(await client.call('GET', '/health/ready')).toMatchObject({ status: 503 });
        disk.readOnly(false);
        expect(await client.call('GET', '/health/ready')).toMatchObject({ status: 200 });
        // Nobody answers for exdata here, which has lines of its own.
        expect(lines.filter((line) => !line.startsWith('exdata.failed'))).toEqual([
          expect.stringMatching(
            /^upload\.storage_failed code=storage_failed why="it has no room left \(ENOSPC\)" count=1$/,
          ),
          'uploads cannot be taken: the folder for uploads cannot be written',
        ]);
      } finally {
        disk.readOnly(false);
        await demo.close();
      }
    },
  );
});

describeWithPostgres('where the database goes away, the demo', ({ url }) => {
  it('is not ready in words of ours, and has uploaders wait', async () => {
    const at = new URL(url);
    const open = new Set<Socket>();
    const proxy = createServer((socket) => {
      const onward = createConnection({ host: at.hostname, port: Number(at.port || '5432') });
      for (const end of [socket, onward]) {
        open.add(end);
        end.on('error', () => undefined).on('close', () => open.delete(end));
      }
      socket.pipe(onward).pipe(socket);
    });
    await new Promise<void>((resolve) => proxy.listen(0, '127.0.0.1', resolve));
    const through = new URL(url);
    through.host = `127.0.0.1:${(proxy.address() as AddressInfo).port}`;
    const cut = (): void => {
      proxy.close();
      for (const socket of open) socket.destroy();
    };
    const { demo, client } = await started(folder, { DATABASE_URL: through.href }).catch((error: unknown) => {
      cut();
      throw error;
    });
    try {
      expect(await client.call('GET', '/health/ready')).toMatchObject({ status: 200 });
      cut();
      const { status, text } = await client.call('GET', '/health/ready');
      expect(status).toBe(503);
      expect(text).not.toMatch(/ECONN|127\.0\.0\.1|postgres|terminated|select/i);
      const upload = await client.upload({ file: somePdf() });
      expect([upload.status, upload.headers.get('retry-after')]).toEqual([503, '10']);
    } finally {
      await demo.close().catch(() => undefined);
    }
  });
});
