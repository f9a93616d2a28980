import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { fileURLToPath } from 'node:url';
import { patienceMs } from '../until.js';
import { DemoClient } from './client.js';

const root = fileURLToPath(new URL('../..', import.meta.url));

/** The first start may have to compile everything first. */
export const startPatienceMs = 480_000;

interface Exit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** A demo as a user runs it: `npm start` in a process group of its own, known by what it prints. */
export class DemoProcess {
  output = '';
  errors = '';
  readonly ended: Promise<Exit>;
  readonly #child: ChildProcess;

  private constructor(environment: Readonly<Record<string, string>>) {
    const inherited = Object.entries(process.env).filter(
      ([name]) => !/^(?:EXDATA_|OTEL_|npm_|DATABASE_URL$|PORT$|HOST$|LOG_FORMAT$|NODE_OPTIONS$)/.test(name),
    );
    const env = { ...Object.fromEntries(inherited), PORT: '0', ...environment };
    this.#child = spawn('npm', ['start'], { cwd: root, env, detached: true, stdio: ['ignore', 'pipe', 'pipe'] });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.output += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.errors += text));
    this.ended = new Promise((resolve) => this.#child.once('close', (code, signal) => resolve({ code, signal })));
  }

  /** Starts it without waiting for it to be ready. */
  static launch(environment: Readonly<Record<string, string>>): DemoProcess {
    return new DemoProcess(environment);
  }

  /** Starts it and waits for the line that says it is ready. */
  static async start(
    environment: Readonly<Record<string, string>>,
  ): Promise<{ demo: DemoProcess; client: DemoClient }> {
    const demo = new DemoProcess(environment);
    const [, url = ''] = await demo.printed(/^demo ready (http:\S+)$/m, startPatienceMs);
    return { demo, client: new DemoClient(url) };
  }

  /** Waits until standard output holds what is looked for. */
  async printed(pattern: RegExp, ms = patienceMs): Promise<RegExpExecArray> {
    const over = AbortSignal.any([AbortSignal.timeout(ms), this.#whenEnded()]);
    for (;;) {
      const found = pattern.exec(this.output);
      if (found) return found;
      const more = this.#child.stdout && once(this.#child.stdout, 'data', { signal: over });
      await more?.catch(() => {
        throw new Error(
          `the demo never printed ${String(pattern)}:\n${this.output.slice(-2000)}\n${this.errors.slice(-2000)}`,
        );
      });
    }
  }

  /** Sends a signal to npm and all that it started, as a terminal or a container runtime may. */
  signal(name: NodeJS.Signals): void {
    if (this.#child.pid === undefined || this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    process.kill(-this.#child.pid, name);
  }

  async stop(): Promise<Exit> {
    this.signal('SIGTERM');
    return this.ended;
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    await this.ended;
  }

  #whenEnded(): AbortSignal {
    const ended = new AbortController();
    void this.ended.then(() => ended.abort());
    return ended.signal;
  }
}
