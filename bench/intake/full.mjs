/** An inbox of some size, beside an empty one in a database of its own: they take turns. */
import { Database } from './database.mjs';
import { figure } from './figure.mjs';
import { startReceiver } from './receiver.mjs';
import { compete } from './rounds.mjs';

const rows = Number(process.env.BENCH_ROWS ?? 5_000_000);

/**
 * @param {Database} database
 * @returns {Promise<import('./figure.mjs').Figure[]>}
 */
export async function measureFull(database) {
  const other = await Database.create('full');
  const receivers = [];
  try {
    for (const { url } of [database, other]) receivers.push(await startReceiver('ours', 'express', url));
    const [urls = [], fullUrls = []] = receivers.map(({ url }) => [url]);
    await other.fill(rows);
    const names = { empty: 'express, ours, empty', full: 'express, ours, full' };
    const results = await compete([
      { name: names.empty, urls, database, stores: true },
      { name: names.full, urls: fullUrls, database: other, stores: true, prepare: () => other.settle() },
    ]);
    const rateOf = (/** @type {string} */ name) => results.get(name)?.perSecond ?? Number.NaN;
    const bench = `intake: with ${rows} rows, beside empty`;
    return [figure({ bench, unit: '1/s', ours: rateOf(names.full), peer: rateOf(names.empty), least: 0.9 })];
  } finally {
    await Promise.all(receivers.map(({ stop }) => stop()));
    await other.drop();
  }
}
