/**
 * Uploads of a large file, beside what people write without the library. Each variant sends the same file from a
 * process of its own to a sink in another one, and is measured whole: peak of the resident set, and time from the call
 * to the answer. `BENCH_BYTES` (default 500,000,000), `BENCH_ROUNDS` (default 3; the best time and the highest peak
 * count) and `BENCH_AT_ONCE` (default 8) make it smaller.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, open, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';

const mebibyte = 1024 * 1024;
const bytes = Number(process.env.BENCH_BYTES ?? 500_000_000);
const rounds = Number(process.env.BENCH_ROUNDS ?? 3);
const atOnce = Number(process.env.BENCH_AT_ONCE ?? 8);

/**
 * @typedef {{ seconds: number, peakMiB: number }} Run
 * @typedef {{ bench: string, ours: number, peer: number | null, ratio: number | null, goal: string, holds: boolean,
 * unit: string }} Figure
 */

/** @returns {Promise<Figure[]>} */
export default async function measure() {
  const folder = await mkdtemp(path.join(tmpdir(), 'exdata-bench-'));
  const file = path.join(folder, 'file');
  const sink = await startSink();
  try {
    await writeFile(file);
    const { ours, bare, snippet, axios, many } = await best((variant, times) =>
      sendFrom(variant, sink.port, file, times),
    );
    return [
      figure('upload: peak of the process', 'MiB', ours.peakMiB, null, 'at most 128 MiB', ours.peakMiB <= 128),
      figure(
        'upload: time beside a bare undici stream',
        's',
        ours.seconds,
        bare.seconds,
        'at most 1.5 times',
        ours.seconds <= 1.5 * bare.seconds,
      ),
      figure(
        'upload: peak beside readFile + Blob + fetch',
        'MiB',
        ours.peakMiB,
        snippet.peakMiB,
        'less',
        ours.peakMiB < snippet.peakMiB,
      ),
      figure(
        'upload: time beside readFile + Blob + fetch',
        's',
        ours.seconds,
        snippet.seconds,
        'less',
        ours.seconds < snippet.seconds,
      ),
      figure(
        'upload: peak beside axios + form-data',
        'MiB',
        ours.peakMiB,
        axios.peakMiB,
        'less',
        ours.peakMiB < axios.peakMiB,
      ),
      figure(
        'upload: time beside axios + form-data',
        's',
        ours.seconds,
        axios.seconds,
        'less',
        ours.seconds < axios.seconds,
      ),
      figure(
        `upload: peak of the process, ${atOnce} at once`,
        'MiB',
        many.peakMiB,
        null,
        'at most 200 MiB',
        many.peakMiB <= 200,
      ),
    ];
  } finally {
    sink.stop();
    await rm(folder, { recursive: true });
  }
}

/**
 * @param {string} bench
 * @param {string} unit
 * @param {number} ours
 * @param {number | null} peer
 * @param {string} goal
 * @param {boolean} holds
 * @returns {Figure}
 */
function figure(bench, unit, ours, peer, goal, holds) {
  const rounded = (/** @type {number} */ value) => Math.round(value * 100) / 100;
  return {
    bench,
    unit,
    ours: rounded(ours),
    peer: peer === null ? null : rounded(peer),
    ratio: peer === null ? null : rounded(ours / peer),
    goal,
    holds,
  };
}

/**
 * Each variant in each round, so that what else the machine does meets all of them alike.
 * @param {(variant: string, times: number) => Promise<Run>} send
 */
async function best(send) {
  const variants = /** @type {const} */ ([
    ['ours', 1],
    ['undici', 1],
    ['fetch', 1],
    ['axios', 1],
    ['ours', atOnce],
  ]);
  /** @type {Run[][]} */
  const runs = variants.map(() => []);
  for (let round = 0; round < rounds; round++) {
    for (const [at, [variant, times]] of variants.entries()) runs[at]?.push(await send(variant, times));
  }
  const [ours, bare, snippet, axios, many] = runs.map((all) => ({
    seconds: Math.min(...all.map(({ seconds }) => seconds)),
    peakMiB: Math.max(...all.map(({ peakMiB }) => peakMiB)),
  }));
  if (!ours || !bare || !snippet || !axios || !many) throw new Error('BENCH_ROUNDS must be at least 1');
  return { ours, bare, snippet, axios, many };
}

/**
 * @param {string} variant
 * @param {number} port
 * @param {string} file
 * @param {number} times
 * @returns {Promise<Run>}
 */
async function sendFrom(variant, port, file, times) {
  const child = start('send.mjs', [variant, String(port), file, String(times)]);
  const [line = ''] = await linesOf(child, 1);
  const { seconds, peakKiB, sent } = /** @type {{ seconds: number, peakKiB: number, sent: number }} */ (
    JSON.parse(line)
  );
  if (sent < bytes * times) throw new Error(`${variant}: the sink got ${sent} bytes of ${times} files of ${bytes}`);
  return { seconds, peakMiB: (peakKiB * 1024) / mebibyte };
}

async function startSink() {
  const child = start('sink.mjs', []);
  const [line = ''] = await linesOf(child, 1);
  return { port: Number(line), stop: () => child.kill() };
}

/**
 * @param {string} script
 * @param {string[]} args
 */
function start(script, args) {
  return spawn(process.execPath, [fileURLToPath(new URL(script, import.meta.url)), ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/**
 * @param {ReturnType<typeof start>} child
 * @param {number} wanted
 * @returns {Promise<string[]>}
 */
function linesOf(child, wanted) {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (/** @type {string} */ more) => {
      text += more;
      const lines = text.split('\n').slice(0, -1);
      if (lines.length >= wanted) resolve(lines);
    });
    child
      .once('error', reject)
      .once('close', (code) => reject(new Error(`${child.spawnargs.at(-3)} ended with ${code}`)));
  });
}

/** @param {string} file */
async function writeFile(file) {
  const handle = await open(file, 'w');
  const chunk = Buffer.alloc(mebibyte, 'one mebibyte of a file that is large. ');
  chunk.write('%PDF-1.7\n');
  for (let left = bytes; left > 0; left -= chunk.length) await handle.write(chunk, 0, Math.min(left, chunk.length));
  await handle.close();
}
