import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { describe } from '@jest/globals';
import { freePort, servicesRequired } from './services.js';

const user = process.getuid?.() === 0 ? ['--user=mysql'] : [];

/** A MariaDB of the test's own, with settings that no session can choose for itself. */
export class MariadbServer {
  #server: ChildProcess | undefined;

  private constructor(
    private readonly folder: string,
    private readonly port: number,
    private readonly settings: readonly string[],
  ) {}

  /** @param settings as options of the program, such as `--log-bin` */
  static async start(settings: readonly string[] = []): Promise<MariadbServer> {
    const folder = await mkdtemp(path.join(tmpdir(), 'exdata-mariadb-'));
    if (user.length > 0) spawnSync('chown', ['mysql', folder]);
    const made = spawnSync(
      'mariadb-install-db',
      ['--no-defaults', `--datadir=${folder}`, '--auth-root-authentication-method=normal', '--skip-test-db', ...user],
      { encoding: 'utf8' },
    );
    if (made.status !== 0) throw new Error(`mariadb-install-db failed:\n${made.stderr}`);
    const server = new MariadbServer(folder, await freePort(), settings);
    await server.start();
    return server;
  }

  /** Of a database `test`, which its first use has to create. */
  url(database = 'test'): string {
    return `mysql://root@127.0.0.1:${this.port}/${database}`;
  }

  /** Resolves when it takes connections. */
  async start(): Promise<void> {
    const fixed = [
      `--datadir=${this.folder}`,
      `--port=${this.port}`,
      '--bind-address=127.0.0.1',
      `--socket=${this.folder}/socket`,
    ];
    const small = ['--innodb-buffer-pool-size=32M', '--innodb-flush-log-at-trx-commit=2'];
    const server = spawn('mariadbd', ['--no-defaults', ...fixed, ...small, ...user, ...this.settings], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    this.#server = server;
    await new Promise<void>((resolve, reject) => {
      let said = '';
      server.once('error', reject).once('exit', () => reject(new Error(`mariadbd ended:\n${said}`)));
      server.stderr.setEncoding('utf8').on('data', (text: string) => {
        said = (said + text).slice(-10_000);
        if (said.includes('ready for connections')) resolve();
      });
    });
  }

  /** Ends it as a power cut would. Safe to call twice. */
  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server?.exitCode !== null) return;
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  }

  async remove(): Promise<void> {
    await this.stop();
    await rm(this.folder, { recursive: true });
  }
}

/** Runs a suite that starts a MariaDB of its own; needs the programs, not a running server. */
export function describeWithMariadbProgram(name: string, body: () => void): void {
  if (servicesRequired || spawnSync('mariadbd', ['--version']).status === 0) {
    describe(name, body);
    return;
  }
  const { skip: describeSkipped } = describe;
  describeSkipped(`${name} (SKIPPED: no mariadbd to start)`, body);
}
