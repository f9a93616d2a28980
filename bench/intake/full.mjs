/** An inbox of some size, beside an empty one. */
import { figure } from './figure.mjs';
import { startReceiver } from './receiver.mjs';
import { compete } from './rounds.mjs';

const rows = Number(process.env.BENCH_ROWS ?? 5_000_000);

/**
 * @param {import('./database.mjs').Database} database
 * @returns {Promise<import('./figure.mjs').Figure[]>}
 */
export async function measureFull(database) {
  const receiver = await startReceiver('ours', 'express', database.url);
  const name = (/** @type {string} */ state) => `express, ours, ${state}`;
  try {
    const contestant = (/** @type {string} */ state) => [{ name: name(state), urls: [receiver.url], stores: true }];
    const empty = await compete(database, contestant('empty'));
    await database.empty();
    await database.fill(rows);
    const full = await compete(database, contestant('full'), () => database.settle());
    const ours = full.get(name('full'))?.perSecond ?? Number.NaN;
    const peer = empty.get(name('empty'))?.perSecond ?? Number.NaN;
    return [figure({ bench: `intake: with ${rows} rows, beside empty`, unit: '1/s', ours, peer, least: 0.9 })];
  } finally {
    await receiver.stop();
  }
}
