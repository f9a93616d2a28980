import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { createSandbox } from 'nestjs-exdata-sandbox';
import type { Sandbox } from 'nestjs-exdata-sandbox';
import { buildIfStale } from '../../scripts/build.mjs';
import { exchange } from './exchange.js';
import { FloodedHost } from './flooded-host.js';
import { shots } from './mutations.js';
import { draftOf, secret, shotOf } from './shot.js';
import type { Shot } from './shot.js';

/** EXDATA_FUZZ_REQUESTS: how many requests are sent to each server. EXDATA_FUZZ_SEED: those of an earlier run. */
const requests = Number(process.env.EXDATA_FUZZ_REQUESTS ?? 3_000);
const seed = Number(process.env.EXDATA_FUZZ_SEED ?? Math.trunc(Math.random() * 2 ** 31));
const atOnce = 32;
const mebibyte = 1024 * 1024;

const allowed = (status: number): boolean =>
  (status >= 200 && status < 300) || (status >= 400 && status < 500) || status === 503;

describe.each(['express', 'fastify'] as const)('a flood of odd requests, on %s', (http) => {
  let sandbox: Sandbox;
  let folder: string;
  let host: FloodedHost;
  let url: URL;
  let inbox: Set<string>;
  const memory = { warm: 0, end: 0 };
  /** Answers that break a promise, each with the request. */
  const wrong: string[] = [];
  const acknowledged = new Set<string>();
  const signed = new Set<string>();
  const statuses = new Map<number | null, number>();

  beforeAll(
    async () => {
      await buildIfStale();
      folder = await mkdtemp(path.join(tmpdir(), 'exdata-fuzz-'));
      sandbox = createSandbox();
      const baseUrl = await sandbox.listen();
      const database = { type: 'better-sqlite3', database: path.join(folder, 'host.sqlite') } as const;
      ({ host, url } = await FloodedHost.start({
        http,
        database,
        folder: path.join(folder, 'spool'),
        baseUrl,
        secret,
      }));
      const made = fc.sample(shots, { numRuns: requests, seed });
      const warming = Math.ceil(requests / 5);
      await fire(made.slice(0, warming));
      memory.warm = await host.memory();
      await fire(made.slice(warming));
      memory.end = await host.memory();
      inbox = await host.inbox();
    },
    120_000 + requests * 20,
  );
  afterAll(async () => {
    await host.stop();
    await sandbox.close();
    await rm(folder, { recursive: true });
  });

  async function fire(made: readonly ((route: string) => Shot)[]): Promise<void> {
    const left = made.values();
    const gunner = async (): Promise<void> => {
      for (const make of left) {
        const shot = make(url.pathname);
        judge(shot, await exchange(url, shot));
      }
    };
    await Promise.all(Array.from({ length: atOnce }, gunner));
  }

  function judge(shot: Shot, status: number | null): void {
    statuses.set(status, (statuses.get(status) ?? 0) + 1);
    if (shot.isTrue) signed.add(shot.key);
    const fault =
      status === null
        ? shot.isWhole && 'was not answered'
        : !allowed(status)
          ? `was answered ${status}`
          : status < 300 && (shot.isTrue ? !acknowledged.add(shot.key) : 'was taken without a true signature');
    if (fault) wrong.push(`${fault}: ${shot.bytes.toString('latin1', 0, 1_000)}`);
  }

  it(`[W1 W2] answers 2xx, 4xx or 503, and takes only what is truly signed (seed ${seed})`, () => {
    expect(wrong).toEqual([]);
    // Each kind of refusal has been seen: the flood reaches what it is to reach.
    for (const status of [400, 404, 413, 415])
      expect({ status, seen: statuses.has(status) }).toEqual({ status, seen: true });
    expect(statuses.get(204)).toBeGreaterThan(requests / 20);
    expect(statuses.get(401)).toBeGreaterThan(requests / 20);
  });

  it('[W3] has stored what it acknowledged, and nothing that exdata did not sign', () => {
    expect([...acknowledged].filter((key) => !inbox.has(key))).toEqual([]);
    expect([...inbox].filter((key) => !signed.has(key))).toEqual([]);
  });

  it('[W5] holds no more memory at the end than when it was warm', () => {
    expect(memory.end - memory.warm).toBeLessThan(16 * mebibyte);
  });

  it('is alive', async () => {
    const body = Buffer.from('{"data":{"id":1}}');
    expect(await exchange(url, shotOf(draftOf(url.pathname, body)))).toBe(204);
  });
});
