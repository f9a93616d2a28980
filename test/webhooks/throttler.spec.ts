import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { buildIfStale } from '../../scripts/build.mjs';
import { platforms, secret, signedHeaders } from './receiver.js';
import type { Platform } from './receiver.js';
import { send } from './send.js';

const limit = 3;
const address = z.object({ url: z.url() });
const three = z.object({ throttled: address, exempt: address, counting: address });

describe('a global throttler', () => {
  let child: ChildProcess | undefined;
  let hosts: Record<Platform, z.infer<typeof three>>;
  beforeAll(async () => {
    await buildIfStale();
    const script = fileURLToPath(new URL('throttled-hosts.mjs', import.meta.url));
    child = spawn(process.execPath, [script, secret, String(limit)], { stdio: ['pipe', 'pipe', 'inherit'] });
    if (!child.stdout) throw new Error('the hosts have no standard output');
    const [line] = (await once(createInterface(child.stdout), 'line')) as [string];
    hosts = z.object({ Express: three, Fastify: three }).parse(JSON.parse(line));
  }, 600_000);
  afterAll(async () => {
    if (!child) return;
    const ended = once(child, 'exit');
    child.stdin?.end();
    expect(await ended).toEqual([0, null]);
  });

  const body = '{"data":[]}';
  const statuses = async (url: string, key = secret): Promise<number[]> => {
    const found: number[] = [];
    for (let count = 0; count <= limit; count++)
      found.push((await send(url, { method: 'POST', body, headers: signedHeaders(body, key) })).status);
    return found;
  };

  it.each(platforms)(
    'throttles the webhook on %s as any other route, with an answer that has it sent again',
    async (platform) => {
      expect(await statuses(hosts[platform].throttled.url)).toEqual([204, 204, 204, 429]);
    },
  );

  it.each(platforms)('leaves the webhook on %s out where its decorators say so', async (platform) => {
    expect(await statuses(hosts[platform].exempt.url)).toEqual([204, 204, 204, 204]);
  });

  it.each(platforms)('counts on %s who is refused, and nobody else, in a guard of the host', async (platform) => {
    const { url } = hosts[platform].counting;
    expect(await statuses(url, 'a secret of somebody else')).toEqual([401, 401, 401, 429]);
    expect(await statuses(url)).toEqual([204, 204, 204, 204]);
  });
});
