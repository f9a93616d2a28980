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

  beforeAll(() => buildIfStale(), 300_000);

  afterEach(() => {
    for (const child of started.splice(0)) child.kill('SIGKILL');
  });

  const run = (...flags: string[]): ReturnType<typeof spawn> & { stdout: NodeJS.ReadableStream; stderr: NodeJS.ReadableStream } => {
    const child = spawn(process.execPath, [command, ...flags], { stdio: ['ignore', 'pipe', 'pipe'] });
    started.push(child);
    return child;
  };

  it('prints its address, answers, and ends with 0 on SIGTERM', async () => {
    const child = run('--token', 'mine', '--control', '--webhook-url', 'http://127.0.0.1:9/hook', '--webhook-secret', 's');
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

  it('names a flag that is wrong', async () => {
    const child = run('--port', 'many');
    let said = '';
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
    expect(await once(child, 'close')).toEqual([1, null]);
    expect(said).toContain('port');
  });
});
