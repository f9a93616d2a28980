import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import process from 'node:process';
import { z } from 'zod';
import { sign } from '../life/host.js';
import { until } from '../until.js';
import type { CompiledProgram } from '../compiled-program.js';
import type { HostSettings } from './host/settings.js';
import { settingsVariable, webhookSecret } from './host/settings.js';

const message = z.union([z.strictObject({ ready: z.string() }), z.strictObject({ at: z.string() })]);

const row = z.object({
  sourceId: z.string(),
  generation: z.number(),
  state: z.string(),
  exdataId: z.string().nullable(),
  idempotencyKey: z.string(),
  correlationId: z.string(),
  problem: z.object({ code: z.string(), retryAt: z.number().nullable() }).nullable(),
  work: z.object({
    dueAt: z.number().nullable(),
    leaseUntil: z.number().nullable(),
    starts: z.number(),
    finishes: z.number(),
    failures: z.number(),
  }),
});
export type Row = z.output<typeof row>;

const deliveries = z.array(z.object({ deliveryId: z.string(), outcome: z.string() }));
export type Delivery = z.output<typeof deliveries>[number];

const bills = z.array(z.strictObject({ invoice: z.string(), status: z.string() }));
const pages = z.array(z.strictObject({ kind: z.string(), source: z.string() }));

/** A host in a process of its own. */
export class HostProcess {
  readonly #child: ChildProcess;
  readonly #stoppedAt = new Set<string>();
  readonly #ended: Promise<unknown>;
  #errors = '';
  #url = '';

  private constructor(
    { file }: CompiledProgram,
    private readonly settings: HostSettings,
  ) {
    const env = { PATH: process.env.PATH, [settingsVariable]: JSON.stringify(settings) };
    this.#child = fork(file, [], { env, execArgv: [], stdio: ['ignore', 'ignore', 'pipe', 'ipc'] });
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.#errors += text));
    this.#child.on('message', (sent) => this.#hear(message.parse(sent)));
    this.#ended = once(this.#child, 'close');
  }

  /** Starts it without waiting for it to be ready. */
  static launch(program: CompiledProgram, settings: HostSettings): HostProcess {
    return new HostProcess(program, settings);
  }

  /** Resolves once it listens. */
  static async start(program: CompiledProgram, settings: HostSettings): Promise<HostProcess> {
    const host = HostProcess.launch(program, settings);
    await host.#until(() => host.#url !== '');
    return host;
  }

  /** Where webhooks go. */
  get webhookUrl(): string {
    return `${this.#url}/webhooks/exdata`;
  }

  /** Resolves once it has stopped at the step. */
  stopped(at: string): Promise<void> {
    return this.#until(() => this.#stoppedAt.has(at));
  }

  /** Resolves once it has come to an end of its own; to the signal that ended it. */
  async died(): Promise<NodeJS.Signals | null> {
    await this.#ended;
    return this.#child.signalCode;
  }

  async kill(): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.#ended;
  }

  async submit(id: string, bytes = 100): Promise<void> {
    await this.#ask('POST', 'documents', { id, bytes });
  }

  async release(): Promise<void> {
    await this.#ask('POST', 'release');
  }

  async skip(ms: number): Promise<void> {
    await this.#ask('POST', `skip/${ms}`);
  }

  async rows(): Promise<Row[]> {
    return z.array(row).parse(await this.#ask('GET', 'documents'));
  }

  async deliveries(): Promise<Delivery[]> {
    return deliveries.parse(await this.#ask('GET', 'deliveries'));
  }

  /**
   * Sends a delivery about a document as exdata does, by the process's clock; resolves to the status of the answer, and
   * rejects where none comes.
   */
  async deliver(deliveryId: string, documentId: number): Promise<number> {
    const body = Buffer.from(JSON.stringify({ data: { id: documentId, status: 'completed' } }));
    const answer = await fetch(this.webhookUrl, {
      method: 'POST',
      body,
      headers: {
        'content-type': 'application/json',
        'x-delivery': deliveryId,
        'x-event': 'document.completed',
        'x-timestamp': String(Math.floor((Date.now() + this.settings.aheadMs) / 1000)),
        'x-signature': sign(webhookSecret, body),
      },
    });
    return answer.status;
  }

  async bills(): Promise<z.output<typeof bills>> {
    return bills.parse(await this.#ask('GET', 'bills'));
  }

  async pages(): Promise<z.output<typeof pages>> {
    return pages.parse(await this.#ask('GET', 'pages'));
  }

  /** Resolves, to the rows, once they are as wanted. */
  async rowsAre(wanted: (rows: readonly Row[]) => boolean): Promise<Row[]> {
    let rows: Row[] = [];
    await until(async () => wanted((rows = await this.rows())));
    return rows;
  }

  async #ask(method: string, path: string, body?: object): Promise<unknown> {
    const answer = await fetch(`${this.#url}/desk/${path}`, {
      method,
      ...(body && { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    }).catch((cause: unknown) => {
      throw new Error(`${method} ${path} was not answered:\n${this.#errors}`, { cause });
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}\n${this.#errors}`);
    return answer.status === 204 ? undefined : answer.json();
  }

  #hear(sent: z.output<typeof message>): void {
    if ('ready' in sent) this.#url = sent.ready;
    else this.#stoppedAt.add(sent.at);
  }

  async #until(holds: () => boolean): Promise<void> {
    while (!holds()) {
      const more = once(this.#child, 'message').then(() => true);
      if (!(await Promise.race([more, this.#ended.then(() => false)])))
        throw new Error(`the host has ended:\n${this.#errors}`);
    }
  }
}
