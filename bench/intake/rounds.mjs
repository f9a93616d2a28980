/** Rounds of load, whose answers are held against the rows of the inbox. */
import { median } from './figure.mjs';
import { load } from './load.mjs';

export const connections = 32;
const seconds = Number(process.env.BENCH_SECONDS ?? 5);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);

/**
 * @typedef {import('./load.mjs').Load} Load
 * @typedef {import('./database.mjs').Database} Database
 * @typedef {object} Contestant
 * @property {string} name
 * @property {readonly string[]} urls
 * @property {Database} database
 * @property {boolean} stores whether it stores what it answers 2xx
 * @property {() => Promise<void>} [prepare] before each round; default: the inbox is emptied
 */

/**
 * All contestants in each round, so that what else the machine does meets all of them alike; the median of each value
 * counts.
 * @param {readonly Contestant[]} contestants
 * @returns {Promise<Map<string, Load>>}
 */
export async function compete(contestants) {
  const sizes = new Map();
  for (const { name, urls } of contestants) {
    // A round that does not count: code runs slowly until it has run for a while.
    const cold = await load(urls, { amount: 1_000, connections });
    const warm = await load(urls, { amount: Math.ceil(cold.perSecond * seconds * 2), connections });
    sizes.set(name, Math.ceil(warm.perSecond * seconds));
  }
  /** @type {Map<string, Load[]>} */
  const runs = new Map(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const { name, urls, stores, database, prepare = () => database.empty() } of contestants) {
      await prepare();
      const before = await database.rows();
      const run = await load(urls, { amount: sizes.get(name), connections });
      const rows = (await database.rows()) - before;
      if (rows !== (stores ? run.taken : 0)) throw new Error(`${name}: ${run.taken} answers of 2xx, and ${rows} rows`);
      console.error(`${name}: ${format(run)}`);
      runs.get(name)?.push(run);
    }
  }
  return new Map([...runs].map(([name, all]) => [name, middleOf(all)]));
}

/** @param {readonly Load[]} runs @returns {Load} */
function middleOf(runs) {
  const of = (/** @type {keyof Load} */ value) => median(runs.map((run) => run[value]));
  return { perSecond: of('perSecond'), taken: of('taken'), p50: of('p50'), p99: of('p99'), p999: of('p999') };
}

/** @param {Load} run */
function format({ perSecond, taken, p50, p99, p999 }) {
  return `${Math.round(perSecond)}/s, ${taken} taken; ms: p50 ${p50.toFixed(1)}, p99 ${p99.toFixed(1)}, p99.9 ${p999.toFixed(1)}`;
}
