import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { BullModule } from '@nestjs/bull';
import { BullModule as BullMqModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import type { DynamicModule, INestApplication } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import { ClsModule } from 'nestjs-cls';
import {
  EXDATA_ALERTS,
  EXDATA_FILE_READER,
  EXDATA_SPOOL,
  ExdataModule,
  exdataEntities,
  exdataMigrations,
  exdataSecretFromProvider,
} from 'nestjs-exdata';
import { ExdataBullModule } from 'nestjs-exdata/bull';
import { ExdataBullMqModule } from 'nestjs-exdata/bullmq';
import { createSandbox } from 'nestjs-exdata-sandbox';
import type { Sandbox } from 'nestjs-exdata-sandbox';
import type { DataSourceOptions } from 'typeorm';
import { enterTenant, Handlers, HostController, Pager, readSecrets, readToken, Shelf, Store } from './tenants.js';

const secret = 'whsec_of_good_length_for_tests';

export interface TenantsHostOptions {
  readonly platform: 'Express' | 'Fastify';
  readonly dispatcher: 'in process' | 'bull' | 'bullmq';
  readonly database: DataSourceOptions | undefined;
  readonly redisPort: number | undefined;
}

/**
 * A host that keeps the tenant of each request in AsyncLocalStorage, in nestjs-cls and in a span, and has code of its
 * own in every port.
 */
export class TenantsHost {
  private constructor(
    readonly app: INestApplication,
    readonly sandbox: Sandbox,
    private readonly url: string,
    private readonly folder: string,
  ) {}

  static async start({ platform, dispatcher, database, redisPort }: TenantsHostOptions): Promise<TenantsHost> {
    const folder = await mkdtemp(path.join(tmpdir(), 'exdata-tenants-'));
    const sandbox = createSandbox({ processingMs: 'manual' });
    await sandbox.listen();
    const connection = {
      ...(database ?? { type: 'better-sqlite3', database: path.join(folder, 'host.sqlite') }),
      entities: [...exdataEntities],
      migrations: [...exdataMigrations],
      migrationsRun: true,
      retryAttempts: 0,
    } as TypeOrmModuleOptions;
    const exdata = ExdataModule.forRoot({
      mode: 'test',
      baseUrl: sandbox.baseUrl,
      token: exdataSecretFromProvider(readToken, { cacheMs: 0 }),
      webhookSecrets: exdataSecretFromProvider(readSecrets(secret), { cacheMs: 0 }),
      work: { sweepEveryMs: 50, retryFirstMs: 20, retryMaxMs: 200 },
      providers: [
        { provide: EXDATA_ALERTS, useClass: Pager },
        { provide: EXDATA_FILE_READER, useClass: Store },
        { provide: EXDATA_SPOOL, useClass: Shelf },
      ],
      ...(dispatcher !== 'in process' && {
        dispatcher: dispatcher === 'bull' ? ExdataBullModule.forRoot({}) : ExdataBullMqModule.forRoot({}),
      }),
    });
    const cls = ClsModule.forRoot({
      global: true,
      middleware: {
        mount: true,
        setup: (store, request: { headers: Record<string, unknown> }) =>
          store.set('tenant', request.headers['x-tenant']),
      },
    });

    @Module({
      imports: [TypeOrmModule.forRoot(connection), cls, ...queueModules(dispatcher, redisPort), exdata],
      providers: [Handlers],
      controllers: [HostController],
    })
    class HostModule {}

    const adapter = platform === 'Express' ? new ExpressAdapter() : new FastifyAdapter();
    const app = await NestFactory.create(HostModule, adapter, { rawBody: true, logger: false, abortOnError: false });
    app.use(enterTenant);
    await app.listen(0, '127.0.0.1');
    const url = await app.getUrl();
    sandbox.webhooks.addEndpoint({ url: `${url}/webhooks/exdata`, secret });
    return new TenantsHost(app, sandbox, url, folder);
  }

  /** Calls a route of the host. */
  async post(route: string): Promise<void> {
    const answer = await fetch(`${this.url}/host/${route}`, { method: 'POST' });
    if (answer.status !== 204)
      throw new Error(`${route} was answered ${String(answer.status)}: ${await answer.text()}`);
  }

  async close(): Promise<void> {
    await this.app.close();
    await this.sandbox.close();
    await rm(this.folder, { recursive: true });
  }
}

function queueModules(dispatcher: TenantsHostOptions['dispatcher'], port: number | undefined): DynamicModule[] {
  if (port === undefined) return [];
  const connection = { host: '127.0.0.1', port, retryStrategy: () => 50, disconnectTimeout: 50 };
  return dispatcher === 'bull' ? [BullModule.forRoot({ redis: connection })] : [BullMqModule.forRoot({ connection })];
}
