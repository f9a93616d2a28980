import path from 'node:path';
import { Injectable, Module } from '@nestjs/common';
import type { DynamicModule } from '@nestjs/common';
import { BullModule } from '@nestjs/bull';
import { BullModule as BullMqModule } from '@nestjs/bullmq';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { TypeOrmModuleOptions } from '@nestjs/typeorm';
import {
  EXDATA_ALERTS,
  EXDATA_CLOCK,
  ExdataModule,
  exdataEntities,
  exdataMigrations,
  OnExdataDelivery,
  OnExdataDocument,
} from 'nestjs-exdata';
import type {
  ExdataAlert,
  ExdataAlerts,
  ExdataDeliveryContext,
  ExdataDocumentContext,
  ExdataModuleExtras,
} from 'nestjs-exdata';
import { ExdataBullModule } from 'nestjs-exdata/bull';
import { ExdataBullMqModule } from 'nestjs-exdata/bullmq';
import { DataSource } from 'typeorm';
import { ShiftedClock } from '../../life/shifted-clock.js';
import { DeskController } from './desk.controller.js';
import { webhookSecret } from './settings.js';
import type { DispatchKind, HostSettings } from './settings.js';

/** The job of a killed process is handed out again after so long, in milliseconds. */
const locks = { lockDuration: 1_000, stalledInterval: 500 };

/** The host's own handler: a bill for each document that has ended. */
@Injectable()
class Bills {
  @OnExdataDocument(['completed', 'error', 'blocked'], { id: 'bills' })
  async book({ link, manager, status }: ExdataDocumentContext): Promise<void> {
    await manager.query(`insert into bills (invoice, status) values ('${link.sourceId}', '${status}')`);
  }
}

/** A handler that a later version of the host adds, for whatever has been completed. */
@Injectable()
class Archive {
  @OnExdataDocument('completed', { id: 'archive', from: 'beginning' })
  async keep({ link, manager }: ExdataDocumentContext): Promise<void> {
    await manager.query(`insert into bills (invoice, status) values ('${link.sourceId}', 'archived')`);
  }
}

/** One for all deliveries, with what they say in the words of the host. */
@Injectable()
class Journal {
  @OnExdataDelivery('*', { id: 'journal', from: 'beginning' })
  async note({ documentId, manager }: ExdataDeliveryContext): Promise<void> {
    await manager.query(`insert into bills (invoice, status) values ('${documentId ?? ''}', 'noted')`);
  }
}

const handlerClasses = { bills: Bills, archive: Archive, journal: Journal };

/** The host's pager: each alert that it was given. */
class Pager implements ExdataAlerts {
  constructor(private readonly database: DataSource) {}

  async raise({ kind, sourceId }: ExdataAlert): Promise<void> {
    await this.database.query(`insert into pages (kind, source) values ('${kind}', '${sourceId ?? ''}')`);
  }
}

@Module({})
export class HostModule {
  static of({
    database,
    baseUrl,
    folder,
    dispatch,
    prefix,
    redisUrl,
    leaseMs,
    aheadMs,
    pollMs,
    concurrency,
    handlers,
  }: HostSettings): DynamicModule {
    const connection: TypeOrmModuleOptions = {
      ...database,
      entities: [...exdataEntities],
      migrations: [...exdataMigrations],
      migrationsRun: true,
      retryAttempts: 0,
    };
    const clock = new ShiftedClock();
    clock.skip(aheadMs);
    const exdata = ExdataModule.forRoot({
      mode: 'test',
      baseUrl,
      token: 'sandbox_test_token',
      webhookSecrets: [{ id: 'current', secret: webhookSecret }],
      upload: dispatch === 'in-process' ? { spoolDirectory: path.join(folder, 'spool') } : { spool: 'database' },
      polling: { firstMs: pollMs, maxMs: pollMs },
      work: { leaseMs, sweepEveryMs: 100, retryFirstMs: 50, retryMaxMs: 500, concurrency },
      providers: [
        { provide: EXDATA_CLOCK, useValue: clock },
        { provide: EXDATA_ALERTS, inject: [DataSource], useFactory: (source: DataSource) => new Pager(source) },
      ],
      ...dispatcher[dispatch](prefix, concurrency),
    });
    return {
      module: HostModule,
      imports: [TypeOrmModule.forRoot(connection), ...queues[dispatch](redisUrl), exdata],
      controllers: [DeskController],
      providers: handlers.map((handler) => handlerClasses[handler]),
    };
  }
}

const queues: Readonly<Record<DispatchKind, (redisUrl: string) => DynamicModule[]>> = {
  'in-process': () => [],
  bull: (url) => [BullModule.forRoot({ url })],
  bullmq: (url) => [BullMqModule.forRoot({ connection: { url } })],
};

const dispatcher: Readonly<
  Record<DispatchKind, (prefix: string, concurrency: number) => Pick<ExdataModuleExtras, 'dispatcher'>>
> = {
  'in-process': () => ({}),
  bull: (prefix, concurrency) => ({
    dispatcher: ExdataBullModule.forRoot({ queue: { prefix, settings: locks }, worker: { concurrency } }),
  }),
  bullmq: (prefix, concurrency) => ({
    dispatcher: ExdataBullMqModule.forRoot({ queue: { prefix }, worker: { concurrency, ...locks } }),
  }),
};
