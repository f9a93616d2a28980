/**
 * What it costs to store a delivery before it is answered: the module's intake, beside the same application that stores
 * nothing, and beside what people write without it. Real HTTP, PostgreSQL that waits for its disk; afterwards there are
 * as many rows as there were 2xx, or the run fails. `BENCH_PARTS` (default `one,processes,full`), `BENCH_SECONDS` (of a
 * round, default 5), `BENCH_ROUNDS` (default 3, the median counts) and `BENCH_ROWS` (default 5,000,000) make it
 * smaller.
 */
import { Database } from './database.mjs';
import { measureFull } from './full.mjs';
import { measureOne } from './one.mjs';
import { measureProcesses } from './processes.mjs';

/** @type {Record<string, (database: Database) => Promise<import('./figure.mjs').Figure[]>>} */
const parts = { one: measureOne, processes: measureProcesses, full: measureFull };

export default async function measure() {
  const database = await Database.create();
  try {
    const figures = [];
    for (const part of (process.env.BENCH_PARTS ?? Object.keys(parts).join(',')).split(',')) {
      const measurePart = parts[part];
      if (!measurePart) throw new Error(`BENCH_PARTS: no part ${part}`);
      figures.push(...(await measurePart(database)));
    }
    return figures;
  } finally {
    await database.drop();
  }
}
