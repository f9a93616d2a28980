/** Several processes on one database. */
import { availableParallelism } from 'node:os';
import { figure } from './figure.mjs';
import { startReceiver } from './receiver.mjs';
import { compete } from './rounds.mjs';

const counts = [1, 2, 4];

/**
 * @param {import('./database.mjs').Database} database
 * @returns {Promise<import('./figure.mjs').Figure[]>}
 */
export async function measureProcesses(database) {
  const receivers = [];
  for (let count = 0; count < Math.max(...counts); count++)
    receivers.push(await startReceiver('ours', 'express', database.url));
  try {
    const urls = receivers.map(({ url }) => url);
    const nameOf = (/** @type {number} */ count) => `express, ours, processes: ${count}`;
    const results = await compete(
      counts.map((count) => ({ name: nameOf(count), urls: urls.slice(0, count), database, stores: true })),
    );
    const rateOf = (/** @type {number} */ count) => results.get(nameOf(count))?.perSecond ?? Number.NaN;
    return counts.slice(1).map((count) => {
      const bench = `intake: ${count} processes on one database, beside one`;
      // They share the cores with the load and the database, so that little can be won here; where each has a core,
      // nothing may be lost.
      const hold = count <= availableParallelism() ? { least: 0.9 } : {};
      return figure({ bench, unit: '1/s', ours: rateOf(count), peer: rateOf(1), ...hold });
    });
  } finally {
    await Promise.all(receivers.map(({ stop }) => stop()));
  }
}
