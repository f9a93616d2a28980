/**
 * A small host as its developers would write it: bills drafted from documents. Copied into each kind of host, and
 * compiled there.
 */
import { Injectable, Module } from '@nestjs/common';
import type { DynamicModule, Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TerminusModule } from '@nestjs/terminus';
import { TypeOrmModule } from '@nestjs/typeorm';
import type { ExdataDocumentContext, ExdataModuleExtras } from 'nestjs-exdata';
import {
  ExdataDocumentService,
  ExdataModule,
  ExdataTransactions,
  ExdataUploadService,
  OnExdataDocument,
  exdataEntities,
  exdataMigrations,
} from 'nestjs-exdata';
import { exdataFieldOf } from 'nestjs-exdata/api';
import { reviewExdataInvoice } from 'nestjs-exdata/review';
import { ExdataHealthIndicator, ExdataHealthModule } from 'nestjs-exdata/terminus';
import { Column, Entity, PrimaryColumn, Table } from 'typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';

@Entity()
export class Bill {
  @PrimaryColumn()
  sourceId!: string;

  @Column('varchar')
  number!: string;
}

class CreateBill1700000000000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    const columns = [
      { name: 'sourceId', type: 'varchar', isPrimary: true },
      { name: 'number', type: 'varchar' },
    ];
    await runner.createTable(new Table({ name: 'bill', columns }));
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('bill');
  }
}

@Injectable()
export class BillDrafts {
  private drafted!: () => void;
  /** Fields that a person would have to look at if the gross amount had not been read. */
  doubtful: string[] = [];

  /** Resolves when the first document has been handled; its transaction may still be open. */
  readonly firstDraft = new Promise<void>((resolve) => (this.drafted = resolve));

  @OnExdataDocument('completed')
  async draft({ extraction, link, manager }: ExdataDocumentContext): Promise<void> {
    if (!extraction) throw new Error('a completed document has an extraction');
    const number = exdataFieldOf(extraction, 'document_number').value;
    const withoutGross = Object.entries(extraction.fields).filter(([name]) => name !== 'gross_amount');
    this.doubtful = reviewExdataInvoice(Object.fromEntries(withoutGross)).map(({ field }) => field);
    await manager.insert(Bill, { sourceId: link.sourceId, number: String(number) });
    this.drafted();
  }
}

function required(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}

/** What a host adds that has a queue. */
export interface Queue {
  readonly imports: DynamicModule[];
  readonly dispatcher: NonNullable<ExdataModuleExtras['dispatcher']>;
}

function hostModule(queue: Queue | undefined): Type {
  @Module({
    imports: [
      TypeOrmModule.forRoot({
        type: 'better-sqlite3',
        database: `${required('WORK_FOLDER')}/host.sqlite`,
        entities: [...exdataEntities, Bill],
        migrations: [...exdataMigrations, CreateBill1700000000000],
        migrationsRun: true,
      }),
      ...(queue?.imports ?? []),
      ExdataModule.forRoot({
        isGlobal: true,
        mode: 'test',
        baseUrl: required('EXDATA_BASE_URL'),
        token: required('EXDATA_TOKEN'),
        webhookSecrets: [{ id: 'current', secret: required('EXDATA_WEBHOOK_SECRET') }],
        upload: queue ? { spool: 'database' } : { spoolDirectory: `${required('WORK_FOLDER')}/spool` },
        ...(queue && { dispatcher: queue.dispatcher }),
      }),
      TerminusModule,
      ExdataHealthModule,
    ],
    providers: [BillDrafts],
  })
  class HostModule {}
  return HostModule;
}

/**
 * The life of one document: upload, signed webhook to /webhooks/exdata, handler, row.
 * Returns the document's state at the end, the rows that the handler wrote, and the fields that are doubtful without a
 * gross amount.
 */
export async function liveOneDocument(
  queue?: Queue,
): Promise<{ state: string; bills: Bill[]; doubtful: string[]; health: string | undefined }> {
  const app = await NestFactory.create(hostModule(queue), { rawBody: true, logger: ['error', 'warn'] });
  await app.listen(Number(required('PORT')), '127.0.0.1');
  try {
    const source = { type: 'invoice', id: 'host-1' };
    await app.get(ExdataUploadService).submit({ source, file: required('INVOICE_FILE') });
    const link = await app.get(ExdataDocumentService).waitFor(source, { until: 'completed' });
    await app.get(BillDrafts).firstDraft;
    // On SQLite this transaction begins when the handler's has ended: what it sees is committed.
    const bills = await app.get(ExdataTransactions).run((manager) => manager.find(Bill));
    const health = await app.get(ExdataHealthIndicator).isHealthy('exdata');
    const { doubtful } = app.get(BillDrafts);
    return { state: link.state, bills, doubtful, health: health['exdata']?.status };
  } finally {
    await app.close();
  }
}
