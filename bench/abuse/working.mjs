/**
 * A host that works on what it stores, in a process of its own. Argument: JSON of its database, of exdata's address,
 * and of a Redis where it has a queue. Says when asked how it is, and submits documents.
 */
import { BullModule } from '@nestjs/bullmq';
import { ExdataDelivery, ExdataUploadService, OnExdataDocument } from 'nestjs-exdata';
import { ExdataBullMqModule } from 'nestjs-exdata/bullmq';
import { DataSource, LessThanOrEqual } from 'typeorm';
import { adapterOf, hostOf, serve } from '../application.mjs';
import { path, token } from './deliveries.mjs';
import { LiveController, watchedLoop } from './loop.mjs';

/** @type {{ database: import('@nestjs/typeorm').TypeOrmModuleOptions, baseUrl: string, redis?: string }} */
const { database, baseUrl, redis } = JSON.parse(process.argv[2] ?? '{}');

/** By the document's own id, who waits for its handler. @type {Map<string, () => void>} */
const waiting = new Map();

class Bookkeeping {
  /** @param {import('nestjs-exdata').ExdataDocumentContext} context */
  book({ link }) {
    waiting.get(link.sourceId)?.();
  }
}
OnExdataDocument(['completed'], { id: 'bookkeeping' })(
  Bookkeeping.prototype,
  'book',
  Object.getOwnPropertyDescriptor(Bookkeeping.prototype, 'book') ?? {},
);

const queue = redis === undefined ? {} : { dispatcher: ExdataBullMqModule.forRoot({}) };
const host = hostOf(
  database,
  { baseUrl, token, ...queue },
  {
    imports: redis === undefined ? [] : [BullModule.forRoot({ connection: { path: redis } })],
    controllers: [LiveController],
    providers: [Bookkeeping],
  },
);
const create = { rawBody: true, logger: /** @type {('error' | 'warn' | 'log')[]} */ (['error', 'warn', 'log']) };

await serve(host, await adapterOf('express'), { path, create }, (app) => {
  const { manager } = app.get(DataSource);
  return {
    ...watchedLoop(),
    /** Submits a document, and resolves when its handler is called: milliseconds. @param {string} id */
    document: async (id) => {
      const began = performance.now();
      const handled = new Promise((resolve) => waiting.set(id, () => resolve(undefined)));
      const file = Buffer.from(`%PDF-1.4 ${id}`);
      await app.get(ExdataUploadService).submit({ source: { type: 'bench', id }, file, filename: `${id}.pdf` });
      await handled;
      waiting.delete(id);
      return performance.now() - began;
    },
    /** Whether deliveries are due that nobody has ended. */
    isBehind: () =>
      manager.existsBy(ExdataDelivery, {
        mode: 'test',
        outcome: 'open',
        work: { dueAt: LessThanOrEqual(Date.now() + 3_600_000) },
      }),
    /** Deliveries that ended, by how: to be asked when all is over. */
    outcomes: () =>
      manager.query('select outcome, reason, count(*) as count from exdata_delivery group by outcome, reason'),
    /** The bytes of a true delivery. @returns {Promise<string>} */
    delivery: async () => (await manager.findOneByOrFail(ExdataDelivery, { outcome: 'applied' })).body.toString(),
  };
});
