/** Where those that work keep their rows, and how they hand work out: each made anew for a round, and gone after it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Database } from '../intake/database.mjs';

/** @typedef {{ settings: object, close: () => Promise<void> }} Store */

/** By what is said of it. @type {Readonly<Record<string, () => Promise<Store>>>} */
export const stores = {
  'SQLite, in process': async () => {
    const { folder, close } = await ownFolder();
    return { settings: { database: { type: 'better-sqlite3', database: path.join(folder, 'host.sqlite') } }, close };
  },
  'PostgreSQL, in process': postgres,
  'PostgreSQL, BullMQ': async () => {
    const [database, { folder, close }] = [await postgres(), await ownFolder()];
    const redis = path.join(folder, 'redis');
    const server = spawn('redis-server', ['--port', '0', '--unixsocket', redis, '--save', '', '--dir', folder], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    await ready(server);
    const ended = once(server, 'exit');
    return {
      settings: { ...database.settings, redis },
      close: async () => {
        server.kill();
        await ended;
        await Promise.all([database.close(), close()]);
      },
    };
  },
};

/** @returns {Promise<Store>} */
async function postgres() {
  const database = await Database.create('abuse');
  return { settings: { database: { type: 'postgres', url: database.url } }, close: () => database.drop() };
}

/**
 * Older ones say it in other words where they listen on a socket alone. @param
 * {import('node:child_process').ChildProcessByStdio<null, import('node:stream').Readable, null>} server
 */
async function ready(server) {
  let said = '';
  for await (const more of server.stdout) {
    said += String(more);
    if (/ready to accept connections/i.test(said)) return;
  }
  throw new Error(`redis-server ended: ${said}`);
}

async function ownFolder() {
  const folder = await mkdtemp(path.join(tmpdir(), 'exdata-bench-'));
  return { folder, close: () => rm(folder, { recursive: true, force: true }) };
}
