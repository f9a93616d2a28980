import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import process from 'node:process';
import type { DataSourceOptions } from 'typeorm';
import { z } from 'zod';
import { root } from '../packages.js';

export interface FloodedHostSettings {
  readonly http: 'express' | 'fastify';
  readonly database: DataSourceOptions;
  /** For the spool. */
  readonly folder: string;
  /** exdata's address. */
  readonly baseUrl: string;
  readonly secret: string;
}

const inbox = z.array(z.object({ delivery_id: z.string(), body_sha256: z.string() }));

/** test/flood/host.mjs as a process: an unhandled rejection ends it, and with it the test. */
export class FloodedHost {
  readonly #ended: Promise<never>;

  private constructor(private readonly child: ChildProcess) {
    let said = '';
    child.stderr?.setEncoding('utf8').on('data', (text: string) => (said += text));
    this.#ended = once(child, 'close').then(([code]) => {
      throw new Error(`the host ended with ${String(code)}:\n${said}`);
    });
    this.#ended.catch(() => undefined);
  }

  static async start(settings: FloodedHostSettings): Promise<{ host: FloodedHost; url: URL }> {
    const child = fork(path.join(root, 'test/flood/host.mjs'), [], {
      env: { PATH: process.env.PATH, FLOOD_HOST: JSON.stringify(settings) },
      execArgv: ['--expose-gc'],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    const host = new FloodedHost(child);
    return { host, url: new URL(z.string().parse(await host.#said())) };
  }

  /** Bytes that live. */
  async memory(): Promise<number> {
    return z.number().parse(await this.#ask('memory'));
  }

  /** Id and SHA-256 of each delivery that is stored. */
  async inbox(): Promise<Set<string>> {
    const rows = inbox.parse(await this.#ask('inbox'));
    return new Set(rows.map((row) => `${row.delivery_id} ${row.body_sha256}`));
  }

  async stop(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.#ended.catch(() => undefined);
  }

  #ask(question: 'memory' | 'inbox'): Promise<unknown> {
    const answer = this.#said();
    this.child.send(question);
    return answer;
  }

  async #said(): Promise<unknown> {
    const sent: unknown[] = await Promise.race([once(this.child, 'message'), this.#ended]);
    return z.strictObject({ answer: z.unknown() }).parse(sent[0]).answer;
  }
}
