#!/usr/bin/env node
/**
 * `npm run bench -- NAME`: runs the benchmark `bench/NAME/bench.mjs` on what is built from the sources as they stand.
 */
import { readdir } from 'node:fs/promises';
import { buildIfStale } from '../scripts/build.mjs';

const names = (await readdir(new URL('.', import.meta.url), { withFileTypes: true }))
  .filter((entry) => entry.isDirectory())
  .map(({ name }) => name);
const [name] = process.argv.slice(2);

if (name === undefined || !names.includes(name)) {
  console.error(`name a benchmark: npm run bench -- ${names.join(' | ')}`);
  process.exitCode = 2;
} else {
  await buildIfStale({ log: console.error });
  const { default: measure } = await import(`./${name}/bench.mjs`);
  const figures = await measure();
  for (const figure of figures) console.log(JSON.stringify(figure));
  process.exitCode = figures.every((/** @type {{ holds: boolean }} */ { holds }) => holds) ? 0 : 1;
}
