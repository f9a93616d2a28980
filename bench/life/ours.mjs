/**
 * An application with the module, as a host would write it, from what is built: on PostgreSQL or SQLite, in process or
 * over a queue. Its handler inserts one row. With `profile` it writes down where its time goes, and which statements it
 * sends.
 */
import 'reflect-metadata';
import { BullModule } from '@nestjs/bull';
import { BullModule as BullMqModule } from '@nestjs/bullmq';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ExdataModule, ExdataUploadService, exdataEntities, exdataMigrations, OnExdataDocument } from 'nestjs-exdata';
import { ExdataBullModule } from 'nestjs-exdata/bull';
import { ExdataBullMqModule } from 'nestjs-exdata/bullmq';
import { DataSource } from 'typeorm';
import { answer, settings } from './answers.mjs';
import { DocumentLine } from './documents.mjs';
import { profiled, StatementLog } from './profile.mjs';

const { dispatch, databaseUrl, sqliteFile, redisPort, baseUrl, secret, folder, profile } = settings();
const insert = `insert into bill (document, gross) values (${sqliteFile ? '?, ?' : '$1, $2'})`;
const statements = new StatementLog();

class Bookkeeping {
  /** @param {import('nestjs-exdata').ExdataDocumentContext} context */
  async book({ link, extraction, manager }) {
    await manager.query(insert, [link.sourceId, extraction?.fields.gross_amount?.value ?? null]);
    line.handled(link.sourceId);
  }
}
OnExdataDocument('completed', { id: 'bookkeeping' })(
  Bookkeeping.prototype,
  'book',
  Object.getOwnPropertyDescriptor(Bookkeeping.prototype, 'book') ?? {},
);

/**
 * @type {Record<string, { imports: import('@nestjs/common').DynamicModule[], dispatcher?:
 * import('@nestjs/common').DynamicModule }>}
 */
const dispatchers = {
  'in process': { imports: [] },
  bull: {
    imports: [BullModule.forRoot({ redis: { host: '127.0.0.1', port: redisPort } })],
    dispatcher: ExdataBullModule.forRoot({}),
  },
  bullmq: {
    imports: [BullMqModule.forRoot({ connection: { host: '127.0.0.1', port: redisPort } })],
    dispatcher: ExdataBullMqModule.forRoot({}),
  },
};
const { imports, ...dispatcher } = dispatchers[dispatch] ?? { imports: [] };
/** @type {{ logging?: ['query'], logger?: StatementLog }} */
const log = profile === undefined ? {} : { logging: ['query'], logger: statements };

class HostModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({
      ...(sqliteFile ? { type: 'better-sqlite3', database: sqliteFile } : { type: 'postgres', url: databaseUrl }),
      ...log,
      entities: [...exdataEntities],
      migrations: [...exdataMigrations],
      migrationsRun: true,
      migrationsTransactionMode: 'each',
    }),
    ...imports,
    ExdataModule.forRoot({
      ...dispatcher,
      mode: 'test',
      baseUrl,
      token: 'sandbox_test_token',
      webhookSecrets: [{ id: 'current', secret }],
      // Over a queue another process may send a file: docs/dispatchers.md.
      upload: dispatch === 'in process' ? { spoolDirectory: folder } : { spool: 'database' },
    }),
  ],
  providers: [Bookkeeping],
})(HostModule);

const app = await NestFactory.create(HostModule, {
  rawBody: true,
  logger: ['error', 'warn', 'log'],
  abortOnError: false,
});
const database = app.get(DataSource);
await database.query('create table if not exists bill (document varchar(100) primary key, gross varchar(100))');
await app.listen(0, '127.0.0.1');
const uploads = app.get(ExdataUploadService);
const line = new DocumentLine(({ id, file, filename }) =>
  uploads.submit({ source: { type: 'invoice', id }, file, filename }),
);

answer(
  {
    webhookUrl: async () => `${await app.getUrl()}/webhooks/exdata`,
    live: (size) =>
      profile === undefined ? line.live(size) : profiled(profile, statements, size.documents, () => line.live(size)),
    /** Only submits: nobody says when. */
    submit: (size) => void line.live(size),
    bills: async () => {
      /** @type {{ count: string | number }[]} */
      const [{ count } = { count: 0 }] = await database.query('select count(*) as count from bill');
      return Number(count);
    },
  },
  () => app.close(),
);
