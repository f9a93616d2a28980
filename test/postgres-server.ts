import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readdirSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { describe } from '@jest/globals';
import { freePort, servicesRequired } from './services.js';

const debian = '/usr/lib/postgresql';
/** Debian keeps the server off the PATH, in a folder for each version. */
const programs = existsSync(debian) ? path.join(debian, readdirSync(debian).sort(byNumber).at(-1) ?? '', 'bin') : '';
const isRoot = process.getuid?.() === 0;

/** PostgreSQL refuses to be run by root. */
const asPostgres = (program: string, args: readonly string[]): [string, string[]] => {
  const file = path.join(programs, program);
  return isRoot ? ['runuser', ['-u', 'postgres', '--', file, ...args]] : [file, [...args]];
};

/**
 * A PostgreSQL of the test's own, to be stopped and started. Its data outlives a stop; it writes to disk as it does in
 * production.
 */
export class PostgresServer {
  #server: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
  ) {}

  static start(): Promise<PostgresServer> {
    return PostgresServer.#startOn('initdb', (folder) => ['-D', folder, '-A', 'trust', '-U', 'postgres', '--no-sync']);
  }

  /** A server that follows this one, and answers reads alone. */
  replica(): Promise<PostgresServer> {
    const from = ['-h', '127.0.0.1', '-p', String(this.port), '-U', 'postgres'];
    return PostgresServer.#startOn('pg_basebackup', (folder) => [
      ...from,
      '-D',
      folder,
      '-R',
      '-X',
      'stream',
      '-c',
      'fast',
      '--no-sync',
    ]);
  }

  static async #startOn(program: string, argumentsFor: (folder: string) => string[]): Promise<PostgresServer> {
    const folder = await mkdtemp(path.join(tmpdir(), 'exdata-postgres-'));
    if (isRoot) spawnSync('chown', ['postgres', folder]);
    await chmod(folder, 0o700);
    const [command, args] = asPostgres(program, argumentsFor(folder));
    const made = spawnSync(command, args, { encoding: 'utf8' });
    if (made.status !== 0) throw new Error(`${program} failed:\n${made.stderr}`);
    const server = new PostgresServer(folder, await freePort());
    await server.start();
    return server;
  }

  get url(): string {
    return `postgres://postgres@127.0.0.1:${this.port}/postgres`;
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    const settings = [`port=${this.port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=on'];
    const [command, args] = asPostgres('postgres', [
      '-D',
      this.folder,
      ...settings.flatMap((setting) => ['-c', setting]),
    ]);
    const server = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      server.once('error', reject).once('exit', () => reject(new Error(`postgres ended:\n${said}`)));
      server.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-10_000);
        if (/ready to accept (?:read-only )?connections/.test(said)) resolve();
      });
    });
  }

  /**
   * Ends it without a word to its clients, as `pg_ctl stop -m immediate` does: what was not on disk is gone. Safe to
   * call twice.
   */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server?.exitCode !== null) return;
    const ended = once(server, 'exit');
    const [command, args] = asPostgres('pg_ctl', ['stop', '-D', this.folder, '-m', 'immediate']);
    spawnSync(command, args);
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true });
  }
}

/** Runs a suite that starts a PostgreSQL of its own; needs the programs, not a running server. */
export function describeWithPostgresProgram(name: string, body: () => void): void {
  if (servicesRequired || spawnSync(...asPostgres('postgres', ['--version'])).status === 0) {
    describe(name, body);
    return;
  }
  const { skip: describeSkipped } = describe;
  describeSkipped(`${name} (SKIPPED: no postgres to start)`, body);
}

function byNumber(a: string, b: string): number {
  return Number(a) - Number(b);
}
