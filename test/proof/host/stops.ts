import process from 'node:process';
import type { INestApplication } from '@nestjs/common';
import { ExdataAccounts, ExdataLink } from 'nestjs-exdata';
import type { ExdataCreateOptions, ExdataDocumentUpload } from 'nestjs-exdata/api';
import { DataSource } from 'typeorm';
import type { EntityManager } from 'typeorm';
import { stop } from './stop.js';

type Work = (manager: EntityManager) => Promise<unknown>;

/**
 * Documents that bear the name of a step are stopped at it, for the process to be killed there; those of poison kill
 * the process themselves.
 */
export function installStops(app: INestApplication, names: readonly string[]): void {
  stopAtCalls(app, new Set(names));
  stopAtCommits(app.get(DataSource), new Set(names));
}

function stopAtCalls(app: INestApplication, names: ReadonlySet<string>): void {
  const { documents } = app.get(ExdataAccounts).get().api;
  const create = documents.create.bind(documents);
  Object.assign(documents, {
    create: async (upload: ExdataDocumentUpload, options: ExdataCreateOptions) => {
      const name = upload.filename.replace(/\.pdf$/, '');
      if (!names.has(name)) return create(upload, options);
      if (name === 'before-the-send') await stop(name);
      const result = await create({ ...upload, file: { ...upload.file, open: () => bytesOf(upload, name) } }, options);
      if (name === 'poison-after-the-answer') process.kill(process.pid, 'SIGKILL');
      if (name === 'after-the-answer') await stop(name);
      return result;
    },
  });
}

async function* bytesOf({ file }: ExdataDocumentUpload, name: string): AsyncGenerator<Uint8Array> {
  if (name === 'poison') process.kill(process.pid, 'SIGKILL');
  for await (const chunk of file.open() as AsyncIterable<Uint8Array>) {
    yield chunk;
    if (name === 'in-the-bytes') await stop(name);
  }
}

/**
 * On SQLite, with its one connection, nothing else is written while a transaction is stopped, or whoever waits for it.
 */
function stopAtCommits(database: DataSource, names: ReadonlySet<string>): void {
  const transaction = database.transaction.bind(database);
  const links = async (manager: EntityManager, name: string): Promise<boolean> =>
    names.has(name) && isLinked(manager, name);
  Object.assign(database, {
    transaction: async (work: Work) => {
      const steps = { isLinking: false };
      const result = await transaction(async (manager) => {
        const done = await work(manager);
        if (await links(manager, 'before-the-commit')) await stop('before-the-commit');
        steps.isLinking = await links(manager, 'after-the-commit');
        return done;
      });
      return steps.isLinking ? stop('after-the-commit') : result;
    },
  });
}

function isLinked(manager: EntityManager, sourceId: string): Promise<boolean> {
  return manager.existsBy(ExdataLink, { sourceId, state: 'pending' });
}
