/** How much is run: see the README beside the benchmarks. */
import { kinds } from './contestant.mjs';

const documents = Number(process.env.BENCH_DOCUMENTS ?? 2_000);
const atOnce = Number(process.env.BENCH_AT_ONCE ?? 64);

export const size = { documents, atOnce };
/** Runs that do not count: code runs slowly until it has run for a while. */
export const warmUp = { documents: Math.min(300, documents), atOnce };
export const rounds = Number(process.env.BENCH_ROUNDS ?? 1);
export const idleDocuments = Number(process.env.BENCH_IDLE ?? 300);

/** Those of the names that are wanted. @param {readonly import('./contestant.mjs').Name[]} names */
export function wanted(names) {
  const chosen = process.env.BENCH_CONTESTANTS?.split(',') ?? names;
  for (const name of chosen) if (!(name in kinds)) throw new Error(`BENCH_CONTESTANTS: no contestant ${name}`);
  return names.filter((name) => chosen.includes(name));
}
