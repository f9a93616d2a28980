/**
 * An application of Nest with the module as it is built, in a process of its own that is asked by its parent: see
 * child.mjs.
 */
import 'reflect-metadata';
import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { TypeOrmModule } from '@nestjs/typeorm';
import { ExdataModule, exdataEntities, exdataMigrations } from 'nestjs-exdata';
import { secret } from './signed.mjs';

const idle = Symbol('nobody works');

/**
 * Settings under which what is stored stays as it came, so that what is measured is the intake alone. @type {Settings}
 */
export const nobodyWorks = {
  // Nothing listens there, and nothing is sent.
  baseUrl: 'http://127.0.0.1:9/api/v1',
  token: 'token',
  work: { sweepEveryMs: 24 * 3_600_000 },
  dispatcher: idle,
  providers: [
    {
      provide: idle,
      useValue: { shared: false, start: () => undefined, dispatch: () => undefined, stop: () => Promise.resolve() },
    },
  ],
};

/**
 * @typedef {import('nestjs-exdata').ExdataModuleExtras & Partial<import('nestjs-exdata').ExdataModuleOptions>} Settings
 * @typedef {import('@nestjs/common').ModuleMetadata} Metadata
 */

/**
 * A host's module.
 * @param {import('@nestjs/typeorm').TypeOrmModuleOptions} database
 * @param {Settings} exdata
 * @param {Metadata} own what else the host has
 */
export function hostOf(database, exdata, { imports = [], ...own } = {}) {
  const tables = { entities: [...exdataEntities], migrations: [...exdataMigrations], migrationsRun: true };
  const settings = { mode: /** @type {const} */ ('test'), webhookSecrets: [{ id: 'current', secret }], ...exdata };
  class HostModule {}
  Module({
    imports: [
      TypeOrmModule.forRoot({ migrationsTransactionMode: 'each', ...database, ...tables }),
      ExdataModule.forRoot({ upload: { spool: 'database' }, ...settings }),
      ...imports,
    ],
    ...own,
  })(HostModule);
  return HostModule;
}

/** @param {string} platform @returns {Promise<import('@nestjs/core').AbstractHttpAdapter>} */
export async function adapterOf(platform) {
  if (platform !== 'fastify')
    return import('@nestjs/platform-express').then(({ ExpressAdapter }) => new ExpressAdapter());
  return import('@nestjs/platform-fastify').then(({ FastifyAdapter }) => new FastifyAdapter());
}

/**
 * Listens, and is asked from then on.
 * @param {import('@nestjs/common').Type} root
 * @param {import('@nestjs/core').AbstractHttpAdapter} adapter
 * @param {{ path: string, create: import('@nestjs/common').NestApplicationOptions }} how `path` is that of the address
 * that it says
 * @param {(app: import('@nestjs/common').INestApplication) => Record<string, (...about: any[]) => unknown>} answersOf
 * by question
 */
export async function serve(root, adapter, { path, create }, answersOf = () => ({})) {
  const app = await NestFactory.create(root, adapter, { abortOnError: false, ...create });
  const answers = answersOf(app);
  await app.listen(0, '127.0.0.1');
  answerParent(`${await app.getUrl()}/${path}`, answers);
}

/** @param {string} address @param {Record<string, (...about: any[]) => unknown>} answers */
export function answerParent(address, answers) {
  process.on(
    'message',
    async (/** @type {{ number: number, question: string, about: unknown[] }} */ { number, question, about }) => {
      process.send?.({ number, answer: await answers[question]?.(...about) });
    },
  );
  process.once('disconnect', () => process.exit());
  process.send?.({ address });
}
