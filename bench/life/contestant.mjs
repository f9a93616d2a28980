/** One application under test beside a simulator of its own, each in a process of its own, on a database of its own. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Database } from '../intake/database.mjs';
import { Child } from './child.mjs';

export const secret = 'whsec_of_good_length_for_benchmarks';

/**
 * @typedef {'in process' | 'bull' | 'bullmq' | 'sqlite' | 'pg-boss' | 'dbos'} Name
 * @typedef {{ documents: number, atOnce: number }} Size
 */

/** @type {Readonly<Record<Name, { script: string, dispatch?: string, onSqlite?: boolean, needsRedis?: boolean }>>} */
export const kinds = {
  'in process': { script: 'ours.mjs', dispatch: 'in process' },
  bull: { script: 'ours.mjs', dispatch: 'bull', needsRedis: true },
  bullmq: { script: 'ours.mjs', dispatch: 'bullmq', needsRedis: true },
  sqlite: { script: 'ours.mjs', dispatch: 'in process', onSqlite: true },
  'pg-boss': { script: 'pg-boss.mjs' },
  dbos: { script: 'dbos.mjs' },
};

export class Contestant {
  /**
   * @param {Child} application
   * @param {Child} simulator
   * @param {Database | null} database null on SQLite
   * @param {string} folder
   */
  constructor(application, simulator, database, folder) {
    this.application = application;
    this.simulator = simulator;
    this.database = database;
    this.folder = folder;
  }

  /**
   * @param {Name} name
   * @param {{ processingMs: number | 'manual', redisPort?: number | undefined, profile?: string | undefined }} options
   */
  static async start(name, { processingMs, redisPort, profile }) {
    const { script, dispatch, onSqlite = false } = kinds[name];
    const folder = await mkdtemp(path.join(tmpdir(), 'exdata-life-'));
    const database = onSqlite ? null : await Database.create(`life_${name.replaceAll(/\W/g, '_')}`);
    const simulator = await Child.start('simulator.mjs', { secret, processingMs });
    const baseUrl = await simulator.ask('baseUrl');
    const where = database ? { databaseUrl: database.url } : { sqliteFile: path.join(folder, 'host.sqlite') };
    const settings = { ...where, dispatch, redisPort, baseUrl, secret, folder: path.join(folder, 'spool'), profile };
    const application = await Child.start(script, settings);
    await simulator.ask('endpoint', { url: await application.ask('webhookUrl') });
    return new Contestant(application, simulator, database, folder);
  }

  /** Lets so many more documents live; resolves when the rows of all are committed, each once. @param {Size} size */
  async live(size) {
    const wanted = (await this.bills()) + size.documents;
    await this.application.ask('live', size);
    // Called, a handler has yet to commit.
    while ((await this.bills()) < wanted) await new Promise((resolve) => setTimeout(resolve, 5));
    const [bills, uploaded] = [await this.bills(), (await this.simulator.ask('documents')).length];
    if (bills !== wanted || uploaded !== wanted)
      throw new Error(`${wanted} documents became ${uploaded} uploads and ${bills} rows`);
  }

  /** @returns {Promise<number>} */
  bills() {
    return this.application.ask('bills');
  }

  async stop() {
    await this.application.stop();
    await this.simulator.stop();
    await this.database?.drop();
    await rm(this.folder, { recursive: true, force: true });
  }
}
