/**
 * A host in a process of its own, for floods of requests: answers over IPC how much memory it holds and what stands in
 * its inbox.
 */
import 'reflect-metadata';
import process from 'node:process';
import { NestFactory } from '@nestjs/core';
import { ExpressAdapter } from '@nestjs/platform-express';
import { FastifyAdapter } from '@nestjs/platform-fastify';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ExdataModule, exdataEntities, exdataMigrations } from 'nestjs-exdata';
import { DataSource } from 'typeorm';

const { http, database, folder, baseUrl, secret } = JSON.parse(process.env.FLOOD_HOST ?? '{}');
const adapter = http === 'fastify' ? new FastifyAdapter() : new ExpressAdapter();
class Host {}

const imports = [
  TypeOrmModule.forRoot({
    ...database,
    entities: [...exdataEntities],
    migrations: [...exdataMigrations],
    migrationsRun: true,
  }),
  ExdataModule.forRoot({
    mode: 'test',
    baseUrl,
    token: 'sandbox_test_token',
    webhookSecrets: [{ id: 'current', secret }],
    upload: { spoolDirectory: folder },
  }),
];
const app = await NestFactory.create({ module: Host, imports }, adapter, {
  rawBody: true,
  logger: false,
  abortOnError: false,
});
await app.listen(0, '127.0.0.1');

/** @type {Readonly<Record<string, () => unknown>>} */
const answers = {
  /** Bytes that live after a collection, of the heap and outside it. */
  memory: () => {
    globalThis.gc?.();
    const { heapUsed, external } = process.memoryUsage();
    return heapUsed + external;
  },
  inbox: () => app.get(DataSource).query('select delivery_id, body_sha256 from exdata_delivery'),
};
process.on('message', async (question) => process.send?.({ answer: await answers[String(question)]?.() }));
// Nobody is left to answer when the test has ended.
process.once('disconnect', () => process.exit());
process.send?.({ answer: (await app.getUrl()) + '/webhooks/exdata' });
