/**
 * A receiver under test, as a host would write it, from what is built. Arguments: variant, platform, address of the database. Prints its address.
 * Nobody works on what it stores, so that the figure is of the intake alone; its log says what a host in production would let it say.
 */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { EXDATA_DATA_SOURCE, ExdataModule, exdataEntities, exdataMigrations } from 'nestjs-exdata';
import { secret } from './deliveries.mjs';
import { stores } from './stores.mjs';

// No face of the library shows the store; its types are the sources', since a checkout has them before it is built.
/** @type {typeof import('../../libs/exdata/src/webhooks/index.js')} */
const { DeliveryStore } = await import(new URL('../../libs/exdata/dist/esm/webhooks/index.js', import.meta.url).href);

const [variant = '', platform = '', url = ''] = process.argv.slice(2);
const day = 24 * 3_600_000;
const idle = Symbol('nobody works');
const store = stores[variant];
if (store === undefined && variant !== 'ours') throw new Error(`no variant ${variant}`);

class HostModule {}
Module({
  imports: [
    TypeOrmModule.forRoot({
      type: 'postgres',
      url,
      entities: [...exdataEntities],
      migrations: [...exdataMigrations],
      migrationsRun: true,
      migrationsTransactionMode: 'each',
    }),
    ExdataModule.forRoot({
      mode: 'test',
      // Nothing listens there, and nothing is sent.
      baseUrl: 'http://127.0.0.1:9/api/v1',
      token: 'token',
      webhookSecrets: [{ id: 'current', secret }],
      upload: { spool: 'database' },
      work: { sweepEveryMs: day },
      dispatcher: idle,
      providers: [
        { provide: idle, useValue: { shared: false, start: () => undefined, dispatch: () => undefined, stop: () => Promise.resolve() } },
        ...(store ? [{ provide: DeliveryStore, inject: [EXDATA_DATA_SOURCE], useFactory: store }] : []),
      ],
    }),
  ],
})(HostModule);

const adapter = await (platform === 'fastify'
  ? import('@nestjs/platform-fastify').then(({ FastifyAdapter }) => new FastifyAdapter())
  : import('@nestjs/platform-express').then(({ ExpressAdapter }) => new ExpressAdapter()));
const app = await NestFactory.create(HostModule, adapter, { rawBody: true, logger: ['error', 'warn', 'log'], abortOnError: false });
await app.listen(0, '127.0.0.1');
console.log(`listens at ${await app.getUrl()}/webhooks/exdata`);
process.once('SIGTERM', () => void app.close());
