import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { ExdataLink, exdataEntities } from 'nestjs-exdata';
import { createSandbox, requestFaults } from 'nestjs-exdata-sandbox';
import type { RequestEntry, Sandbox } from 'nestjs-exdata-sandbox';
import { DataSource } from 'typeorm';
import { buildIfStale } from '../../scripts/build.mjs';
import { describeWithPostgres } from '../services.js';
import { until } from '../until.js';

const length = 3_000_000;
const sha256 = createHash('sha256').update(bytes()).digest('hex');
const script = fileURLToPath(new URL('host-process.mjs', import.meta.url));
const patienceMs = 480_000;

/** As the process gives them, in chunks that each begin anew. */
function bytes(): Buffer {
  const chunk = Buffer.alloc(65_536, 'the text of an invoice ');
  return Buffer.concat(Array.from({ length: Math.ceil(length / chunk.length) }, () => chunk)).subarray(0, length);
}

interface Spoken {
  readonly child: ChildProcess;
  /** Resolves when the process says the word. */
  said(word: string): Promise<void>;
  kill(): Promise<void>;
}

let folder: string;
let sandbox: Sandbox;
const running = new Set<Spoken>();

beforeAll(() => buildIfStale());
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'exdata-kill-'));
  sandbox = createSandbox({ processingMs: 'manual' });
  await sandbox.listen();
});
afterEach(async () => {
  await Promise.all([...running].map((process) => process.kill()));
  await sandbox.close();
  await rm(folder, { recursive: true });
});

/** A process in a folder of its own: it shares nothing with the others but the database. */
async function host(name: string, env: Record<string, string>): Promise<Spoken> {
  const cwd = path.join(folder, name);
  await mkdir(cwd, { recursive: true });
  const settings = { EXDATA_BASE_URL: sandbox.baseUrl, BYTES: String(length), ...env };
  const child = spawn(process.execPath, [script], {
    cwd,
    env: { PATH: process.env.PATH, ...settings },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let output = '';
  const changed = new Set<() => void>();
  const hear = (text: string): void => {
    output += text;
    for (const tell of changed) tell();
  };
  child.stdout.setEncoding('utf8').on('data', hear);
  child.stderr.setEncoding('utf8').on('data', hear);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const spoken: Spoken = {
    child,
    said: (word) =>
      new Promise((resolve, reject) => {
        const look = (): void => {
          if (output.split('\n').includes(word)) resolve();
        };
        changed.add(look);
        look();
        void ended.then(() => reject(new Error(`the process ended before it said '${word}':\n${output}`)));
      }),
    kill: async () => {
      running.delete(spoken);
      child.kill('SIGKILL');
      await ended;
    },
  };
  running.add(spoken);
  return spoken;
}

const isUpload = ({ method, path: route }: Pick<RequestEntry, 'method' | 'path'>): boolean =>
  method === 'POST' && route.endsWith('/documents');
const answered = () =>
  sandbox.journal.waitForRequest((entry) => isUpload(entry) && entry.outcome === 'answered' && entry.status === 201, {
    timeoutMs: patienceMs,
  });

function outlives(address: () => string): void {
  const database = () => ({ DATABASE_URL: address(), SPOOL: 'database' });

  it(
    'submitted in one process that is killed, sent by another',
    async () => {
      const taker = await host('one', { ...database(), ROLE: 'take' });
      await taker.said('submitted');
      await taker.kill();
      expect(sandbox.journal.requests()).toEqual([]);
      await host('another', { ...database(), ROLE: 'send' });
      expect((await answered()).file).toMatchObject({ sha256, size: length });
      expect(sandbox.documents.list()).toHaveLength(1);
    },
    patienceMs,
  );

  it(
    'killed between the bytes and the answer, ended by another once the lease is over',
    async () => {
      sandbox.faults.request(requestFaults.slow(5_000), { match: isUpload });
      const taker = await host('one', { ...database(), ROLE: 'take' });
      await taker.said('submitted');
      await taker.kill();
      const sender = await host('two', { ...database(), ROLE: 'send' });
      await sandbox.journal.waitForRequest((entry) => isUpload(entry) && entry.documentId !== null, {
        timeoutMs: patienceMs,
      });
      await sender.kill();
      await host('three', { ...database(), ROLE: 'send' });
      await pending(address());
      expect(sandbox.documents.list()).toHaveLength(1);
      expect(new Set(sandbox.journal.requests(isUpload).map(({ idempotencyKey }) => idempotencyKey)).size).toBe(1);
    },
    patienceMs,
  );

  it(
    'killed in the middle of spooling, leaves nothing behind after a start an hour later',
    async () => {
      const taker = await host('one', { ...database(), ROLE: 'take-half' });
      await taker.said('half');
      await taker.kill();
      const spooled = async (): Promise<number> => {
        const source = await connect(address());
        const [row] = await source.query<[{ n: number }]>(
          'select cast(count(*) as integer) as n from exdata_spool_chunk',
        );
        await source.destroy();
        return row.n;
      };
      expect(await spooled()).toBeGreaterThan(0);
      const soon = await host('two', { ...database(), ROLE: 'send' });
      await soon.said('ready');
      await soon.kill();
      expect(await spooled()).toBeGreaterThan(0);
      await (await host('three', { ...database(), ROLE: 'send', SHIFT_MS: '3700000' })).said('ready');
      expect(await spooled()).toBe(0);
    },
    patienceMs,
  );
}

/** Resolves when a process has written that exdata has the document. */
async function pending(address: string): Promise<void> {
  const source = await connect(address);
  try {
    await until(() => source.manager.existsBy(ExdataLink, { sourceId: 'K-1', state: 'pending' }));
  } finally {
    await source.destroy();
  }
}

function connect(address: string): Promise<DataSource> {
  const entities = [...exdataEntities];
  if (address.startsWith('postgres')) return new DataSource({ type: 'postgres', url: address, entities }).initialize();
  return new DataSource({ type: 'better-sqlite3', database: address, entities }).initialize();
}

describe('bytes in a SQLite database outlive their process', () => outlives(() => path.join(folder, 'host.sqlite')));
describeWithPostgres('bytes in a PostgreSQL database outlive their process', ({ url }) => {
  beforeEach(async () => {
    const source = await connect(url);
    await source.query('drop schema public cascade');
    await source.query('create schema public');
    await source.destroy();
  });
  outlives(() => url);
});

describe('bytes in a directory', () => {
  it(
    'whose writer was killed leave nothing behind after a start an hour later',
    async () => {
      const env = { DATABASE_URL: path.join(folder, 'host.sqlite'), SPOOL: 'directory' };
      const taker = await host('one', { ...env, ROLE: 'take-half' });
      await taker.said('half');
      await taker.kill();
      const spool = path.join(folder, 'one', 'exdata-spool');
      expect(await readdir(spool)).toEqual([expect.stringMatching(/\.part$/)]);
      const soon = await host('one', { ...env, ROLE: 'send' });
      await soon.said('ready');
      await soon.kill();
      expect(await readdir(spool)).toHaveLength(1);
      await (await host('one', { ...env, ROLE: 'send', SHIFT_MS: '3700000' })).said('ready');
      expect(await readdir(spool)).toEqual([]);
    },
    patienceMs,
  );
});
