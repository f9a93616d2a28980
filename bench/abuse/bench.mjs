/**
 * What strangers can cost: CPU for each refused request, shape by shape, beside a bare HMAC of the same bytes in the
 * same kind of application, and how far the resident set grows; and what floods of truly signed deliveries do to the
 * event loop, to probes, and to documents of ours. `BENCH_PARTS` (default `cpu,memory,backlog`), `BENCH_PLATFORMS` (of
 * the first two, default `express,fastify`), `BENCH_ROUNDS` (of the first, default 8, the cheapest counts),
 * `BENCH_STORES` and `BENCH_BACKLOG_ROUNDS` (of the last) and `BENCH_PART` (of the requests of a round, default 1) make
 * it smaller.
 */
import { measureBacklog } from './backlog.mjs';
import { measureCpu } from './cpu.mjs';
import { measureMemory } from './memory.mjs';

const platforms = /** @type {const} */ (['express', 'fastify']);
const chosen = (process.env.BENCH_PLATFORMS ?? platforms.join(',')).split(',');

/** @typedef {import('../intake/figure.mjs').Figure} Figure */
/** @param {(platform: import('./start.mjs').Platform) => Promise<Figure[]>} measurePart */
const onEach = (measurePart) => async () => {
  const figures = [];
  for (const platform of platforms) if (chosen.includes(platform)) figures.push(...(await measurePart(platform)));
  return figures;
};
/** @type {Record<string, () => Promise<Figure[]>>} */
const parts = { cpu: onEach(measureCpu), memory: onEach(measureMemory), backlog: measureBacklog };

export default async function measure() {
  const figures = [];
  for (const part of (process.env.BENCH_PARTS ?? Object.keys(parts).join(',')).split(',')) {
    const measurePart = parts[part];
    if (!measurePart) throw new Error(`BENCH_PARTS: no part ${part}`);
    figures.push(...(await measurePart()));
  }
  return figures;
}
