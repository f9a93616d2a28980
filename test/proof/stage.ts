import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createSandbox } from 'nestjs-exdata-sandbox';
import type { RequestEntry, RequestFacts, Sandbox, SandboxClock, SandboxDocument } from 'nestjs-exdata-sandbox';
import { compileHost } from './host-program.js';
import type { CompiledProgram } from '../compiled-program.js';
import { HostProcess } from './host-process.js';
import type { Row } from './host-process.js';
import type { HostSettings } from './host/settings.js';

/** The first start may have to compile everything first. */
export const patienceMs = 480_000;

/** So long that none runs out by itself, however busy the machine is; the clock of who comes after is ahead by it. */
export const leaseMs = 30_000;

export const isUpload = ({ method, path: route }: Pick<RequestFacts, 'method' | 'path'>): boolean =>
  method === 'POST' && route.endsWith('/documents');

/** The time of the machine; what exdata has put off is put off until it is let go. */
class HeldClock implements SandboxClock {
  readonly #held = new Set<() => void | Promise<void>>();

  now(): number {
    return Date.now();
  }

  setTimeout(callback: () => void | Promise<void>): () => void {
    this.#held.add(callback);
    return () => void this.#held.delete(callback);
  }

  letGo(): void {
    const held = [...this.#held];
    this.#held.clear();
    for (const callback of held) void callback();
  }
}

/** exdata and the host's program, for processes that come and go. */
export class Stage {
  readonly #hosts: HostProcess[] = [];
  readonly #clock: HeldClock;

  private constructor(
    readonly sandbox: Sandbox,
    private readonly program: CompiledProgram,
    private readonly folder: string,
    clock: HeldClock,
  ) {
    this.#clock = clock;
  }

  static async set(): Promise<Stage> {
    const clock = new HeldClock();
    const sandbox = createSandbox({ processingMs: 'manual', clock });
    await sandbox.listen();
    return new Stage(sandbox, await compileHost(), await mkdtemp(path.join(tmpdir(), 'exdata-proof-')), clock);
  }

  /** An SQLite database that outlives the processes. */
  get sqlite(): HostSettings['database'] {
    return { type: 'better-sqlite3', database: path.join(this.folder, 'host.sqlite') };
  }

  /** A process that may end before it is ready. */
  launch(changes: Partial<HostSettings> = {}): HostProcess {
    return this.#kept(HostProcess.launch(this.program, this.#settings(changes)));
  }

  async start(changes: Partial<HostSettings> = {}): Promise<HostProcess> {
    return this.#kept(await HostProcess.start(this.program, this.#settings(changes)));
  }

  /** Lets answers go that were held back. */
  letGo(): void {
    this.#clock.letGo();
  }

  uploads(of?: Row): readonly RequestEntry[] {
    return this.sandbox.journal.requests(
      (entry) => isUpload(entry) && (of === undefined || entry.idempotencyKey === of.idempotencyKey),
    );
  }

  documentsOf({ correlationId }: Row): readonly SandboxDocument[] {
    return this.sandbox.documents.list().filter(({ requester }) => requester === correlationId);
  }

  async clear(): Promise<void> {
    await Promise.all(this.#hosts.map((host) => host.kill()));
    await this.sandbox.close();
    await this.program.remove();
    await rm(this.folder, { recursive: true });
  }

  #settings(changes: Partial<HostSettings>): HostSettings {
    const { baseUrl } = this.sandbox;
    const queue = { dispatch: 'in-process', prefix: 'proof', redisUrl: '' } as const;
    return {
      database: this.sqlite,
      baseUrl,
      folder: this.folder,
      ...queue,
      stops: [],
      leaseMs,
      aheadMs: 0,
      pollMs: 10_000,
      concurrency: 8,
      handlers: ['bills'],
      ...changes,
    };
  }

  #kept(host: HostProcess): HostProcess {
    this.#hosts.push(host);
    return host;
  }
}
