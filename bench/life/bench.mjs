/**
 * A document's whole life, from `submit` until a handler's row is committed, against an exdata that answers and
 * delivers at once: ours in process, over Bull and over BullMQ on PostgreSQL that waits for its disk, in process on
 * SQLite, and beside them what a team writes by hand on pg-boss and as a workflow of DBOS. `BENCH_DOCUMENTS` (default
 * 2,000), `BENCH_AT_ONCE`, `BENCH_ROUNDS`, `BENCH_CONTESTANTS`, `BENCH_PARTS` and `BENCH_IDLE` make it smaller;
 * `BENCH_PROFILE=<folder>` profiles ours instead.
 */
import { measureIdle } from './idle.mjs';
import { profileOurs } from './profile-ours.mjs';
import { measureThroughput } from './throughput.mjs';

/** @type {Record<string, () => Promise<import('../intake/figure.mjs').Figure[]>>} */
const parts = { throughput: measureThroughput, idle: measureIdle };

export default async function measure() {
  if (process.env.BENCH_PROFILE !== undefined) return profileOurs(process.env.BENCH_PROFILE);
  const figures = [];
  for (const part of (process.env.BENCH_PARTS ?? Object.keys(parts).join(',')).split(',')) {
    const measurePart = parts[part];
    if (!measurePart) throw new Error(`BENCH_PARTS: no part ${part}`);
    figures.push(...(await measurePart()));
  }
  return figures;
}
