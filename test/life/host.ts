import { createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Injectable, Module } from '@nestjs/common';
import type { DynamicModule, INestApplication, LoggerService, Provider, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import {
  EXDATA_ALERTS,
  ExdataDocumentService,
  ExdataModule,
  exdataEntities,
  exdataMigrations,
  ExdataUploadService,
  OnExdataDocument,
} from 'nestjs-exdata';
import type { ExdataAlert, ExdataDocumentContext, ExdataModuleExtras, ExdataModuleOptions } from 'nestjs-exdata';
import { createSandbox } from 'nestjs-exdata-sandbox';
import type { Sandbox, SandboxOptions } from 'nestjs-exdata-sandbox';
import { DataSource } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { patienceMs, until } from '../until.js';

/** As exdata signs: HMAC-SHA256 over the raw bytes, bare lower-case hex. */
export const sign = (key: string, body: Buffer): string => createHmac('sha256', key).update(body).digest('hex');

export const secret = 'whsec_of_good_length_for_tests';

/** The host's own handler: what it writes stands in the host's own table. */
@Injectable()
export class Bookkeeping {
  readonly calls: ExdataDocumentContext[] = [];
  /** Runs after the write, inside the transaction. */
  afterWrite: (context: ExdataDocumentContext) => void | Promise<void> = () => undefined;

  @OnExdataDocument(['completed', 'error', 'blocked'], { id: 'bookkeeping' })
  async book(context: ExdataDocumentContext): Promise<void> {
    this.calls.push(context);
    const { link, manager, status } = context;
    await manager.query(`insert into bills (invoice, status) values ('${link.sourceId}', '${status}')`);
    await this.afterWrite(context);
  }
}

/** Stands where a host would put its pager. */
export class Pager {
  readonly alerts: ExdataAlert[] = [];
  raise(alert: ExdataAlert): Promise<void> {
    this.alerts.push(alert);
    return Promise.resolve();
  }
}

export interface HostOptions {
  readonly database?: DataSourceOptions;
  readonly options?: Partial<ExdataModuleOptions>;
  readonly extras?: ExdataModuleExtras;
  /** Of the host's own module. */
  readonly providers?: Provider[];
  /** Beside the module, in the host's own. */
  readonly imports?: readonly Type<object>[];
  readonly rawBody?: boolean;
  readonly async?: boolean;
  /** Imports the module in another way, instead of with `options`, `extras` and `async`. */
  readonly imported?: (settings: ExdataModuleOptions) => DynamicModule;
  /** Default: nothing is logged. */
  readonly logger?: LoggerService;
  /** False leaves the module's migrations out. */
  readonly tables?: boolean;
  readonly simulator?: SandboxOptions;
  /** False leaves the host's own handler out: a process that has none, or others. */
  readonly bookkeeping?: boolean;
  /** Starts on the database and the spool of a host that has ended, beside its simulator and at its address. */
  readonly after?: Host;
  /**
   * Starts as another process of a host that runs: on its spool and beside its simulator; `database` is to be its
   * database.
   */
  readonly beside?: Host;
}

/** A small Nest application as a host would write it, beside a simulator of exdata. */
export class Host {
  private constructor(
    readonly app: INestApplication,
    readonly sandbox: Sandbox,
    readonly url: string,
    readonly endpointId: string,
    readonly pager: Pager,
    /** Holds the spool and SQLite's file. */
    readonly folder: string,
    /** What was logged, at the levels of an ordinary host. */
    readonly lines: readonly string[] = [],
  ) {}

  static async start({
    database,
    options = {},
    extras = {},
    providers = [],
    imports = [],
    rawBody = true,
    async = false,
    imported,
    logger,
    tables = true,
    simulator = {},
    bookkeeping = true,
    after,
    beside,
  }: HostOptions = {}): Promise<Host> {
    const first = after ?? beside;
    const folder = first?.folder ?? (await mkdtemp(path.join(tmpdir(), 'exdata-host-')));
    const sandbox =
      first?.sandbox ?? createSandbox({ processingMs: 'manual', webhookTimeoutMs: patienceMs, ...simulator });
    if (!first) await sandbox.listen();
    const settings: ExdataModuleOptions = {
      mode: 'test',
      baseUrl: sandbox.baseUrl,
      token: 'sandbox_test_token',
      webhookSecrets: [{ id: 'current', secret }],
      upload: { spoolDirectory: path.join(folder, 'spool') },
      work: { sweepEveryMs: 50, retryFirstMs: 20, retryMaxMs: 200 },
      ...options,
    };
    const connection = {
      ...(database ?? { type: 'better-sqlite3', database: path.join(folder, 'host.sqlite') }),
      entities: [...exdataEntities],
      migrations: tables ? [...exdataMigrations] : [],
      migrationsRun: true,
      retryAttempts: 0,
    } as TypeOrmModuleOptions;
    const pager = first?.pager ?? new Pager();
    const shape = { ...extras, providers: [{ provide: EXDATA_ALERTS, useValue: pager }, ...(extras.providers ?? [])] };
    const exdata = imported
      ? imported(settings)
      : async
        ? ExdataModule.forRootAsync({ ...shape, useFactory: () => Promise.resolve(settings) })
        : ExdataModule.forRoot({ ...shape, ...settings });

    @Module({
      imports: [TypeOrmModule.forRoot(connection), exdata, ...imports],
      providers: [...(bookkeeping ? [Bookkeeping] : []), ...providers],
    })
    class HostModule {}

    const lines: string[] = [];
    const keep = (line: unknown): void => void lines.push(String(line));
    let app: INestApplication | undefined;
    try {
      app = await NestFactory.create(HostModule, {
        rawBody,
        logger: logger ?? { log: keep, warn: keep, error: keep },
        abortOnError: false,
      });
      await app.get(DataSource).query('create table if not exists bills (invoice varchar(100), status varchar(20))');
      await app.listen(after ? new URL(after.url).port : 0, '127.0.0.1');
      const url = `${await app.getUrl()}/${extras.webhookPath === undefined || extras.webhookPath === false ? 'webhooks/exdata' : extras.webhookPath}`;
      const endpointId = first?.endpointId ?? sandbox.webhooks.addEndpoint({ url, secret }).id;
      return new Host(app, sandbox, url, endpointId, pager, folder, lines);
    } catch (error) {
      await app?.close();
      if (!first) await sandbox.close();
      if (!first) await rm(folder, { recursive: true });
      throw error;
    }
  }

  get uploads(): ExdataUploadService {
    return this.app.get(ExdataUploadService);
  }
  get documents(): ExdataDocumentService {
    return this.app.get(ExdataDocumentService);
  }
  get bookkeeping(): Bookkeeping {
    return this.app.get(Bookkeeping);
  }
  get database(): DataSource {
    return this.app.get(DataSource);
  }

  bills(invoice: string): Promise<{ status: string }[]> {
    return this.database.query(`select status from bills where invoice = '${invoice}'`);
  }

  /** Submits a document and waits until exdata has it; returns exdata's id. */
  async pending(id: string, content = `%PDF-1.4 ${id}`): Promise<number> {
    await this.uploads.submit({ source: { type: 'invoice', id }, file: Buffer.from(content), filename: `${id}.pdf` });
    const { exdataId } = await this.documents.waitFor(
      { type: 'invoice', id },
      { until: 'pending', timeoutMs: patienceMs },
    );
    return Number(exdataId);
  }

  /** Resolves once the handler's outcome stands in the document's history so many times. */
  async handled(id: string, times = 1): Promise<void> {
    await until(async () => {
      const history = await this.documents.history({ type: 'invoice', id });
      return history.filter(({ what }) => what === 'handler.done').length >= times;
    });
  }

  /** Resolves once `holds` holds. */
  until(holds: () => boolean | Promise<boolean>): Promise<void> {
    return until(holds);
  }

  /** Resolves once no row of the inbox is open any more. */
  async inboxWorkedOff(): Promise<string[]> {
    let rows: { outcome: string }[] = [];
    await until(async () => {
      rows = await this.database.query('select outcome from exdata_delivery order by received_at');
      return rows.every(({ outcome }) => outcome !== 'open');
    });
    return rows.map(({ outcome }) => outcome);
  }

  /** Ends the application alone: another can start after it. */
  async end(): Promise<void> {
    await this.app.close();
  }

  async close(): Promise<void> {
    await this.end();
    await this.sandbox.close();
    await rm(this.folder, { recursive: true });
  }
}
