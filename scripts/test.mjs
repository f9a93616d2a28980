#!/usr/bin/env node
/**
 * `npm test`: everything that must hold of the repository. Each step runs even if one before it failed, so that one run
 * tells all. Arguments are handed to Jest. The counts are left in .build/test.json for .ci/run.
 */
import { spawn } from 'node:child_process';
import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const jestReport = '.build/jest.json';
const summaryFile = '.build/test.json';

/** The longest first. */
const steps = [
  { name: 'eslint', command: ['node_modules/eslint/bin/eslint.js', '.', '--max-warnings', '0'] },
  { name: 'prettier', command: ['node_modules/prettier/bin/prettier.cjs', '--check', '--log-level', 'warn', '.'] },
  { name: 'knip', command: ['node_modules/knip/bin/knip.js'] },
  { name: 'typecheck', command: ['node_modules/typescript/bin/tsc', '-p', 'tsconfig.json', '--noEmit'] },
  { name: 'build', command: ['scripts/build.mjs'] },
];

const jest = [
  // Each spec loads its modules anew: room for young objects saves a twentieth of the processor time.
  '--max-semi-space-size=64',
  '--experimental-vm-modules',
  '--disable-warning=ExperimentalWarning',
  'node_modules/jest/bin/jest.js',
  ...['--json', '--outputFile', jestReport],
  ...process.argv.slice(2),
];

process.chdir(root);
await mkdir('.build', { recursive: true });
await Promise.all([jestReport, summaryFile].map((file) => rm(file, { force: true })));

/** @type {string[]} */
const broken = [];
const waiting = [...steps];
await Promise.all(Array.from({ length: availableParallelism() }, checkOneByOne));
if (!(await succeeds('jest', jest))) broken.push('jest');

const tests = await jestCounts();
const summary = {
  passed: steps.filter(({ name }) => !broken.includes(name)).length + tests.passed,
  failed: steps.filter(({ name }) => broken.includes(name)).length + tests.failed,
  skipped: tests.skipped,
};
await writeFile(summaryFile, `${JSON.stringify(summary)}\n`);
if (summary.skipped > 0)
  console.log(
    `\n${summary.skipped} tests were skipped: the services they need are not running here (test/services.ts)`,
  );
console.log(broken.length === 0 ? '\nall checks passed' : `\nfailed: ${broken.join(', ')}`);
process.exitCode = broken.length === 0 ? 0 : 1;

/** Takes the next step until none is left: as many at once as there are processors. */
async function checkOneByOne() {
  for (let step = waiting.shift(); step; step = waiting.shift()) {
    if (!(await succeeds(step.name, step.command))) broken.push(step.name);
  }
}

/**
 * @param {string} name
 * @param {readonly string[]} command arguments for Node
 */
async function succeeds(name, command) {
  console.log(`\n== ${name}`);
  const started = performance.now();
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'pipe'] });
  child.stdout.pipe(process.stdout, { end: false });
  child.stderr.pipe(process.stdout, { end: false });
  const code = await new Promise((resolve, reject) => child.once('error', reject).once('close', resolve));
  console.log(
    `== ${name} ${code === 0 ? 'passed' : 'FAILED'} (${((performance.now() - started) / 1000).toFixed(1)} s)`,
  );
  return code === 0;
}

/** A suite that could not be loaded has no tests to count: it is one failure. A run that left no report is one too. */
async function jestCounts() {
  const text = await readFile(jestReport, 'utf8').catch(() => undefined);
  if (text === undefined) return { passed: 0, failed: 1, skipped: 0 };
  const report = JSON.parse(text);
  const counted = report.numFailedTests + report.numRuntimeErrorTestSuites;
  return {
    passed: report.numPassedTests,
    failed: broken.includes('jest') ? Math.max(1, counted) : counted,
    skipped: report.numPendingTests + report.numTodoTests,
  };
}
