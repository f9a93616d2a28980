#!/usr/bin/env node
/**
 * Compiles what the sources changed: the library twice (ES modules and CommonJS), the simulator, the demo.
 * Run it as `npm run build`, or call {@link buildIfStale} before starting something that runs compiled code.
 */
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';
import { withLock } from './lock.mjs';

const root = fileURLToPath(new URL('..', import.meta.url));
const state = path.join(root, '.build');
const stampFile = path.join(state, 'stamp');

/** How long a compiler may be silent, in milliseconds. */
const tellEveryMs = 3_000;

/** @typedef {{ name: string, project: string, out: string, entry: string, type?: string }} Target */

/** Compiled in this order; what stands on one step does not need another of the same step. */
const steps = [
  [
    {
      name: 'nestjs-exdata (ES modules)',
      project: 'libs/exdata/tsconfig.esm.json',
      out: 'libs/exdata/dist/esm',
      entry: 'index.js',
    },
    {
      name: 'nestjs-exdata (CommonJS)',
      project: 'libs/exdata/tsconfig.cjs.json',
      out: 'libs/exdata/dist/cjs',
      entry: 'index.js',
      type: 'commonjs',
    },
    {
      name: 'nestjs-exdata-sandbox',
      project: 'libs/exdata-sandbox/tsconfig.build.json',
      out: 'libs/exdata-sandbox/dist',
      entry: 'index.js',
    },
  ],
  [{ name: 'demo', project: 'apps/demo/tsconfig.build.json', out: 'apps/demo/dist', entry: 'main.js' }],
];

/** What the result of a build depends on; sources are found below the `src` folders, specs aside. */
const sourceFolders = ['libs/exdata/src', 'libs/exdata-sandbox/src', 'apps/demo/src'];
const settings = [
  'package-lock.json',
  'tsconfig.base.json',
  'scripts/build.mjs',
  'libs/exdata/package.json',
  'libs/exdata-sandbox/package.json',
  'apps/demo/package.json',
  ...steps.flat().map(({ project }) => project),
];

/**
 * Builds all packages unless the last build saw the same sources. Two calls at once, also from two processes, build
 * once.
 * @param {{ log?: (line: string) => void }} [options] where progress is told; silent by default
 * @returns {Promise<boolean>} whether something was built
 * @throws {Error} with the compiler's words when a package does not compile
 */
export async function buildIfStale({ log = () => undefined } = {}) {
  if (await isFresh(await digest())) return false;
  await mkdir(state, { recursive: true });
  return withLock(path.join(state, 'lock'), async () => {
    const wanted = await digest();
    if (await isFresh(wanted)) return false;
    for (const step of steps) await withProgress(step, log);
    await writeFile(`${stampFile}.next`, wanted);
    await rename(`${stampFile}.next`, stampFile);
    return true;
  });
}

/**
 * Compiles the targets beside each other, and tells every few seconds which are not done: nobody shall wonder whether
 * anything goes on.
 * @param {readonly Target[]} targets
 * @param {(line: string) => void} log
 */
async function withProgress(targets, log) {
  const started = performance.now();
  const compiling = new Set(targets.map(({ name }) => name));
  log(`compiling ${[...compiling].join(', ')}`);
  const telling = setInterval(
    () => log(`still compiling ${[...compiling].join(', ')} (${Math.round((performance.now() - started) / 1000)} s)`),
    tellEveryMs,
  );
  try {
    await Promise.all(targets.map((target) => compile(target, log).finally(() => compiling.delete(target.name))));
  } finally {
    clearInterval(telling);
  }
}

/** @param {string} wanted */
async function isFresh(wanted) {
  const built = await readFile(stampFile, 'utf8').catch(() => '');
  return built === wanted && steps.flat().every(({ out, entry }) => existsSync(path.join(root, out, entry)));
}

async function digest() {
  const found = await Promise.all(
    sourceFolders.map((folder) => readdir(path.join(root, folder), { recursive: true, withFileTypes: true })),
  );
  const sources = found
    .flat()
    .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)));
  const hash = createHash('sha256').update(process.version);
  for (const file of [...settings, ...sources].sort())
    hash.update(`\0${file}\0`).update(await readFile(path.join(root, file)));
  return hash.digest('hex');
}

/**
 * @param {Target} target
 * @param {(line: string) => void} log
 */
async function compile(target, log) {
  const started = performance.now();
  const folder = path.join(root, target.out);
  const emitted = await tsc(target);
  if (target.type !== undefined)
    await writeFile(path.join(folder, 'package.json'), `${JSON.stringify({ type: target.type })}\n`);
  await removeLeftovers(folder, emitted);
  log(`built ${target.name} in ${((performance.now() - started) / 1000).toFixed(1)} s`);
}

/**
 * @param {{ name: string, project: string }} target
 * @returns {Promise<Set<string>>} the files written
 */
async function tsc({ name, project }) {
  const child = spawn(
    process.execPath,
    // Types are checked once for all, by `npm run typecheck`, and not again for each form that the sources come in.
    ['node_modules/typescript/bin/tsc', '-p', project, '--noCheck', '--listEmittedFiles', '--pretty', 'false'],
    {
      cwd: root,
      stdio: ['ignore', 'pipe', 'inherit'],
    },
  );
  let output = '';
  child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ text) => (output += text));
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  const lines = output.split('\n').filter((line) => line !== '');
  const mark = 'TSFILE: ';
  if (code !== 0)
    throw new Error(`${name} does not compile:\n${lines.filter((line) => !line.startsWith(mark)).join('\n')}`);
  return new Set(
    lines.filter((line) => line.startsWith(mark)).map((line) => path.resolve(root, line.slice(mark.length))),
  );
}

/**
 * Sources that are gone must not live on in a package. Done after the compiler wrote, so that a process running the old
 * build never misses a file.
 * @param {string} folder
 * @param {Set<string>} emitted
 */
async function removeLeftovers(folder, emitted) {
  const files = await readdir(folder, { recursive: true, withFileTypes: true });
  const left = files
    .filter((entry) => entry.isFile() && entry.name !== 'package.json')
    .map((entry) => path.join(entry.parentPath, entry.name));
  await Promise.all(left.filter((file) => !emitted.has(file)).map((file) => rm(file)));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  try {
    const built = await buildIfStale({ log: console.log });
    if (!built) console.log('up to date');
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    process.exitCode = 1;
  }
}
