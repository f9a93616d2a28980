import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Module } from '@nestjs/common';
import type { DynamicModule, INestApplication, NestApplicationOptions, Provider, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import type { AbstractHttpAdapter } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { ExdataDelivery, ExdataModule, exdataEntities, exdataMigrations } from 'nestjs-exdata';
import type { ExdataModuleExtras, ExdataModuleOptions } from 'nestjs-exdata';
import { sign } from 'nestjs-exdata-sandbox';
import { DataSource } from 'typeorm';
import type { DataSourceOptions } from 'typeorm';
import { until } from '../until.js';
import { send } from './send.js';
import type { Answer, Request } from './send.js';

export const secret = 'whsec_of_good_length_for_tests';

/** Nothing listens there. */
export const baseUrl = 'http://127.0.0.1:9/api/v1';

/** The two platforms of Nest. */
const adapters = {
  Express: () => new ExpressAdapter(),
  Fastify: () => new FastifyAdapter(),
} satisfies Record<string, () => AbstractHttpAdapter>;

export type Platform = keyof typeof adapters;

export const platforms = Object.keys(adapters) as Platform[];

export interface ReceiverOptions {
  readonly options?: Partial<ExdataModuleOptions>;
  /** Several accounts instead of the one. */
  readonly accounts?: NonNullable<ExdataModuleOptions['accounts']>;
  readonly extras?: ExdataModuleExtras;
  readonly adapter?: AbstractHttpAdapter;
  readonly create?: NestApplicationOptions;
  readonly imports?: (DynamicModule | Type)[];
  readonly providers?: Provider[];
  readonly controllers?: Type[];
  /** What the host does with its application before it listens. */
  readonly prepare?: (app: INestApplication) => void | Promise<void>;
  /** Default: a SQLite file of its own. */
  readonly database?: DataSourceOptions;
  /** Where the webhook is found; default `/webhooks/exdata`. */
  readonly path?: string;
}

/**
 * A host that receives webhooks, as its developers would write it. Documents are not looked for: nothing answers at its
 * exdata.
 */
export class Receiver {
  private constructor(
    readonly app: INestApplication,
    readonly url: string,
    /** What it logged. */
    readonly lines: string[],
    private readonly folder: string,
  ) {}

  static async start(platform: Platform, setup: ReceiverOptions = {}): Promise<Receiver> {
    const folder = await mkdtemp(path.join(tmpdir(), 'exdata-receiver-'));
    const lines: string[] = [];
    const keep = (message: unknown): void => void lines.push(String(message));
    const settings: ExdataModuleOptions = {
      mode: 'test',
      ...(setup.accounts
        ? { accounts: setup.accounts }
        : { baseUrl, token: 'token', webhookSecrets: [{ id: 'current', secret }] }),
      upload: { spoolDirectory: path.join(folder, 'spool') },
      ...setup.options,
    };
    const database = {
      ...(setup.database ?? { type: 'better-sqlite3', database: path.join(folder, 'host.sqlite') }),
      entities: [...exdataEntities],
      migrations: [...exdataMigrations],
      migrationsRun: true,
      retryAttempts: 0,
    } as TypeOrmModuleOptions;

    @Module({
      imports: [
        TypeOrmModule.forRoot(database),
        ExdataModule.forRoot({ ...setup.extras, ...settings }),
        ...(setup.imports ?? []),
      ],
      providers: setup.providers ?? [],
      controllers: setup.controllers ?? [],
    })
    class HostModule {}

    let app: INestApplication | undefined;
    try {
      app = await NestFactory.create(HostModule, setup.adapter ?? adapters[platform](), {
        rawBody: true,
        abortOnError: false,
        logger: { log: keep, warn: keep, error: keep },
        ...setup.create,
      });
      await setup.prepare?.(app);
      await app.listen(0, '127.0.0.1');
      return new Receiver(app, (await app.getUrl()) + (setup.path ?? '/webhooks/exdata'), lines, folder);
    } catch (error) {
      await app?.close();
      await rm(folder, { recursive: true });
      throw error;
    }
  }

  /** Sends a delivery as exdata does, or altered: `null` leaves a header out. */
  deliver(
    body: string | Buffer = '{"data":[]}',
    headers: Record<string, string | string[] | null> = {},
    request: Partial<Request> = {},
  ): Promise<Answer> {
    return send(this.url, { method: 'POST', body, headers: { ...signedHeaders(body), ...headers }, ...request });
  }

  /** Sends a delivery to a path below the webhook's. */
  deliverTo(below: string, body: string, headers: Record<string, string> = {}): Promise<Answer> {
    return send(this.url + below, { method: 'POST', body, headers: { ...signedHeaders(body), ...headers } });
  }

  /** The inbox, oldest first. */
  inbox(): Promise<ExdataDelivery[]> {
    return this.app.get(DataSource).manager.find(ExdataDelivery, { order: { receivedAt: 'ASC' } });
  }

  /** The lines about refusals. */
  refusals(): string[] {
    return this.lines.filter((line) => line.startsWith('webhook.refused'));
  }

  /** Resolves once `holds` holds. */
  until(holds: () => boolean | Promise<boolean>): Promise<void> {
    return until(holds);
  }

  async close(): Promise<void> {
    await this.app.close();
    await rm(this.folder, { recursive: true });
  }
}

export const nowSeconds = (): number => Math.floor(Date.now() / 1000);

/** The headers that exdata sends with a body. */
export function signedHeaders(body: string | Buffer, key: string = secret): Record<string, string> {
  return {
    'Content-Type': 'application/json',
    'User-Agent': 'exdata-webhooks/1.0',
    'X-Event': 'document.completed',
    'X-Delivery': randomUUID(),
    'X-Timestamp': String(nowSeconds()),
    'X-Signature': sign(key, body as string),
  };
}
