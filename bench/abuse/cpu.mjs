/** CPU that a refused request takes, shape by shape. */
import { figure } from '../intake/figure.mjs';
import { signatureOf } from '../signed.mjs';
import { headOf, inSingleBytes, lastChunk } from './deliveries.mjs';
import { Connection } from './connection.mjs';
import { shapes } from './shapes.mjs';
import { startServer } from './start.mjs';

const variants = /** @type {const} */ (['reads', 'bare', 'ours']);
const rounds = Number(process.env.BENCH_ROUNDS ?? 8);
/** By how much two runs of the same differ. */
const noise = 0.05;
/** How large a part of the usual number of requests is sent. */
const part = Number(process.env.BENCH_PART ?? 1);

/**
 * @param {import('./start.mjs').Platform} platform
 * @returns {Promise<import('../intake/figure.mjs').Figure[]>}
 */
export async function measureCpu(platform) {
  const contestants = [];
  for (const variant of variants) {
    const server = await startServer(variant, platform);
    contestants.push({ variant, server });
  }
  try {
    const warm = shapes[0];
    if (!warm) throw new Error('no shapes');
    for (const { server } of contestants) await load(server, warm, Math.ceil(3_000 * part));
    const figures = [];
    for (const shape of shapes) {
      const count = Math.ceil(
        part * Math.min(300, 20_000_000 / (shape.body.length * (shape.chunked ? 300 : 1) + 20_000)),
      );
      /** @type {Record<string, number[]>} */
      const used = { reads: [], bare: [], ours: [] };
      for (let round = 0; round <= rounds; round++) {
        for (const { variant, server } of contestants) {
          const each = await load(server, shape, count);
          // The first round does not count: what it is the first to run has still to be compiled.
          if (round > 0) used[variant]?.push(each);
        }
      }
      // What else the machine does makes a round dearer, never cheaper.
      const of = (/** @type {import('./start.mjs').Variant} */ variant) => Math.min(...(used[variant] ?? []));
      const [reads, bare, ours] = [of('reads'), of('bare'), of('ours')];
      // Beside a server that takes hundreds of microseconds, an HMAC of a few is lost in what is measured.
      const hmac = Math.max(bare - reads, hmacOf(shape.body));
      const said = Object.entries({ ours, reads, bare, hmac }).map(([name, value]) => `${name} ${Math.round(value)}`);
      console.error(`${platform}, ${shape.name}, in µs: ${said.join(', ')}`);
      figures.push(
        figure({
          bench: `abuse: ${platform}, ${shape.name}`,
          unit: 'µs of CPU',
          ours,
          peer: reads + 3 * hmac,
          most: 1 + noise,
        }),
      );
    }
    return [...figures, await measureHint(platform, contestants)];
  } finally {
    for (const { server } of contestants) await server.stop();
  }
}

/** Microseconds of CPU of one bare HMAC of the body, at its best. @param {Buffer} body */
function hmacOf(body) {
  let least = Infinity;
  for (let round = 0; round < 20; round++) {
    const before = process.cpuUsage();
    for (let count = 0; count < 20; count++) signatureOf(body);
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, (user + system) / 20);
  }
  return least;
}

/**
 * What the line that is written once a minute takes, with the search for why a signature does not fit: the dearest
 * shape.
 */
async function measureHint(
  /** @type {string} */ platform,
  /** @type {readonly { variant: string, server: import('../child.mjs').Child }[]} */ contestants,
) {
  const ours = contestants.find(({ variant }) => variant === 'ours');
  if (!ours) throw new Error('nobody to measure');
  const { server } = ours;
  const each = [];
  for (const shape of shapes.filter(({ body, chunked }) => body.length <= 65_536 && !chunked)) {
    const without = await load(server, shape, 3);
    await server.ask('skip');
    const before = await server.ask('cpu');
    const connection = new Connection(server.url);
    await connection.send(requestOf(server.url, shape));
    connection.end();
    // It is looked into after the answer.
    await new Promise((resolve) => setTimeout(resolve, 300));
    each.push(((await server.ask('cpu')) - before - without) / 1000);
  }
  const bench = `abuse: ${platform}, the line of a minute at its dearest, beside one core for a minute`;
  return figure({ bench, unit: 'ms of CPU', ours: Math.max(...each), peer: 60_000, most: 0.005 });
}

/**
 * @param {import('../child.mjs').Child} server
 * @param {import('./shapes.mjs').Shape} shape
 * @param {number} count
 * @returns {Promise<number>} microseconds of CPU of the server for each
 */
async function load(server, shape, count) {
  // One for each round: a server closes those that are idle meanwhile.
  const connection = new Connection(server.url);
  const request = requestOf(server.url, shape);
  const before = await server.ask('cpu');
  for (let sent = 0; sent < count; sent++) {
    const status = await connection.send(request);
    if (status !== 401) throw new Error(`${shape.name} was answered ${status}`);
  }
  connection.end();
  return ((await server.ask('cpu')) - before) / count;
}

/** @param {URL} url @param {import('./shapes.mjs').Shape} shape */
function requestOf(url, { body, chunked = false }) {
  return chunked
    ? Buffer.concat([Buffer.from(headOf(url, 'chunked')), inSingleBytes(body), Buffer.from(lastChunk)])
    : Buffer.concat([Buffer.from(headOf(url, body.length)), body]);
}
