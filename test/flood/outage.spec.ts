import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { createSandbox } from 'nestjs-exdata-sandbox';
import type { Sandbox } from 'nestjs-exdata-sandbox';
import { buildIfStale } from '../../scripts/build.mjs';
import { describeWithPostgresProgram, PostgresServer } from '../postgres-server.js';
import { FloodedHost } from './flooded-host.js';
import { draftOf, secret, shotOf } from './shot.js';
import type { Draft } from './shot.js';

/** EXDATA_OUTAGE_MS: how long the database is away, in milliseconds. */
const outageMs = Number(process.env.EXDATA_OUTAGE_MS ?? 30_000);
const senders = 32;
/** How long a sender that was turned away waits: long enough to leave the machine to others. */
const pauseMs = 100;

describeWithPostgresProgram('a database that goes away under load', () => {
  let sandbox: Sandbox;
  let folder: string;
  let postgres: PostgresServer;
  let host: FloodedHost;
  let inbox: Set<string>;
  const acknowledged = new Set<string>();
  /** Answers by status, or by the error in place of one, as they came. */
  const answers: { readonly status: Status; readonly retryAfter: string | undefined }[] = [];

  beforeAll(async () => {
    await buildIfStale();
    folder = await mkdtemp(path.join(tmpdir(), 'exdata-outage-'));
    sandbox = createSandbox();
    const baseUrl = await sandbox.listen();
    postgres = await PostgresServer.start();
    const database = { type: 'postgres', url: postgres.url } as const;
    const started = await FloodedHost.start({
      http: 'express',
      database,
      folder: path.join(folder, 'spool'),
      baseUrl,
      secret,
    });
    ({ host } = started);

    const load = new Load(started.url, (draft, status, retryAfter) => {
      answers.push({ status, retryAfter });
      if (status === 204) acknowledged.add(shotOf(draft).key);
    });
    const count = (wanted: Status): number => answers.filter(({ status }) => status === wanted).length;
    const running = load.run();
    await load.until(() => count(204) >= 500);
    await postgres.stop();
    const since = performance.now();
    await load.until(() => count(503) >= senders && performance.now() - since >= outageMs);
    await postgres.start();
    const before = count(204);
    await load.until(() => count(204) >= before + 500);
    load.stop();
    await running;
    inbox = await host.inbox();
  }, 120_000 + outageMs);
  afterAll(async () => {
    await host.stop();
    await postgres.remove();
    await sandbox.close();
    await rm(folder, { recursive: true });
  });

  it('[W3] answers 503 with Retry-After meanwhile, and nothing else but 204', () => {
    expect([...new Set(answers.map(({ status }) => status))].sort()).toEqual([204, 503]);
    expect(answers.filter(({ status, retryAfter }) => status === 503 && !(Number(retryAfter) >= 1))).toEqual([]);
  });

  it('[W3] misses nothing that it acknowledged, before and after', () => {
    expect([...acknowledged].filter((key) => !inbox.has(key))).toEqual([]);
    expect(acknowledged.size).toBeGreaterThanOrEqual(1_000);
  });
});

type Status = number | string;
type Told = (draft: Draft, status: Status, retryAfter: string | undefined) => void;

/**
 * Senders that send one delivery after the other, each on a connection of its own: one that is shared may lie idle
 * until the server closes it, just as it is taken up again.
 */
class Load {
  #stopped = false;
  #watch: (() => void) | undefined;

  constructor(
    private readonly url: URL,
    private readonly told: Told,
  ) {}

  async run(): Promise<void> {
    await Promise.all(Array.from({ length: senders }, () => this.#sender()));
  }

  stop(): void {
    this.#stopped = true;
  }

  /** Resolves once `holds` holds; asked after each answer. */
  until(holds: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      this.#watch = () => {
        if (holds()) resolve();
      };
    });
  }

  async #sender(): Promise<void> {
    const agent = new Agent({ keepAlive: true, maxSockets: 1 });
    while (!this.#stopped) {
      const draft = draftOf(this.url.pathname, Buffer.from(JSON.stringify({ data: { id: 1 }, at: randomUUID() })));
      const { status, retryAfter } = await this.#send(draft, agent);
      this.told(draft, status, retryAfter);
      this.#watch?.();
      if (status !== 204) await new Promise((resolve) => setTimeout(resolve, pauseMs));
    }
    agent.destroy();
  }

  #send(
    { headers, sent }: Draft,
    agent: Agent,
  ): Promise<{ readonly status: Status; readonly retryAfter: string | undefined }> {
    return new Promise((resolve) => {
      const sending = request(this.url, { method: 'POST', agent, headers: Object.fromEntries(headers) });
      sending.on('error', (error) =>
        resolve({ status: 'code' in error ? String(error.code) : error.message, retryAfter: undefined }),
      );
      sending.on('response', (answer) => {
        const { statusCode = 0, headers: told } = answer;
        answer.resume().on('end', () => resolve({ status: statusCode, retryAfter: told['retry-after'] }));
      });
      sending.end(sent);
    });
  }
}
