import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { describe } from '@jest/globals';
import { freePort, servicesRequired } from './services.js';

/** Debian keeps it off the PATH of users. */
const program = '/usr/sbin/pgbouncer';
const isRoot = process.getuid?.() === 0;

/**
 * A PgBouncer of the test's own in transaction mode: two statements outside a transaction may meet two servers'
 * sessions.
 */
export class PgBouncer {
  private constructor(
    private readonly server: ChildProcess,
    private readonly folder: string,
    /** Of the database behind it. */
    readonly url: string,
  ) {}

  /**
   * @param url of the database behind it
   * @param more settings of PgBouncer's own
   */
  static async start(url: string, more: readonly string[] = ['default_pool_size = 4']): Promise<PgBouncer> {
    const folder = await mkdtemp(path.join(tmpdir(), 'exdata-pgbouncer-'));
    const { hostname, port, pathname } = new URL(url);
    const at = await freePort();
    const settings = [
      '[databases]',
      `* = host=${hostname} port=${port || '5432'} user=postgres`,
      '[pgbouncer]',
      'listen_addr = 127.0.0.1',
      `listen_port = ${at}`,
      'unix_socket_dir =',
      'auth_type = any',
      'pool_mode = transaction',
      ...more,
      'ignore_startup_parameters = extra_float_digits',
    ];
    const file = path.join(folder, 'pgbouncer.ini');
    await writeFile(file, settings.join('\n'));
    await chmod(folder, 0o755);
    // It refuses to be run by root.
    const [command, args] = isRoot ? ['runuser', ['-u', 'postgres', '--', program, file]] : [program, [file]];
    const server = spawn(command, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    await new Promise<void>((resolve, reject) => {
      let said = '';
      server.once('error', reject).once('exit', () => reject(new Error(`pgbouncer ended:\n${said}`)));
      server.stderr.setEncoding('utf8').on('data', (text: string) => {
        said += text;
        if (said.includes('process up')) resolve();
      });
    });
    return new PgBouncer(server, folder, `postgres://postgres@127.0.0.1:${at}${pathname}`);
  }

  async stop(): Promise<void> {
    const ended = once(this.server, 'exit');
    this.server.kill('SIGTERM');
    await ended;
    await rm(this.folder, { recursive: true });
  }
}

/** Runs a suite that starts a PgBouncer of its own; needs the program. */
export function describeWithPgBouncerProgram(name: string, body: () => void): void {
  if (servicesRequired || spawnSync(program, ['--version']).status === 0) {
    describe(name, body);
    return;
  }
  const { skip: describeSkipped } = describe;
  describeSkipped(`${name} (SKIPPED: no pgbouncer to start)`, body);
}
