import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { buildIfStale } from '../../../scripts/build.mjs';
import { Client } from './testing/client.js';

const command = path.resolve('libs/exdata-sandbox/dist/cli.js');

describe('the command', () => {
  const started: ChildProcess[] = [];

  beforeAll(() => buildIfStale());

  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });

  const run = (
    ...flags: string[]
  ): ReturnType<typeof spawn> & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } => {
    const child = spawn(process.execPath, [command, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
    started.push(child);
    return child;
  };

  it('prints its address, answers, and ends with 0 on SIGTERM', async () => {
    const child = run(
      '--token',
      'mine',
      '--control',
      '--webhook-url',
      'http://127.0.0.1:9/hook',
      '--webhook-secret',
      's',
    );
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const [, baseUrl = ''] = /^exdata-sandbox ready (http:\/\/127\.0\.0\.1:\d+\/api\/v1)$/.exec(line) ?? [];
    const client = new Client({ baseUrl });
    expect((await client.get('/ping', 'mine')).status).toBe(200);
    expect((await client.get('/ping')).status).toBe(401);
    expect((await fetch(new URL('/_sandbox/journal', baseUrl))).status).toBe(200);
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    expect(await exit).toEqual([0, null]);
  });

  it('can be driven from here: credits, ids, retries and its own time', async () => {
    const child = run(
      '--control',
      '--virtual-clock',
      '--credits',
      '0',
      '--first-document-id',
      '9000',
      '--webhook-retry-ms',
      '10,20',
    );
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    const baseUrl = line.split(' ').at(-1) ?? '';
    const client = new Client({ baseUrl });
    const control = (path: string, body: object): Promise<Response> =>
      fetch(new URL(`/_sandbox/${path}`, baseUrl), {
        method: 'POST',
        body: JSON.stringify(body),
        headers: { 'content-type': 'application/json' },
      });
    await control('endpoints', { url: 'http://127.0.0.1:9/hook' });
    expect((await client.upload({ token: 'sandbox_live_token' })).status).toBe(402);
    const { id } = await client.uploaded();
    expect(id).toBe(9001);
    const { now } = (await (await control('clock/advance', { ms: 3_600_000 })).json()) as { now: number };
    expect(now).toBeGreaterThan(Date.now());
    expect(await client.document(id)).toMatchObject({ status: 'completed' });
    const deliveries = await (await fetch(new URL('/_sandbox/deliveries', baseUrl))).json();
    expect(deliveries).toContainEqual(expect.objectContaining({ documentId: id, status: 'exhausted', attempts: 3 }));
  });

  it('names a flag that is wrong', async () => {
    const child = run('--port', 'many');
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(said).toContain('port');
  });
});
