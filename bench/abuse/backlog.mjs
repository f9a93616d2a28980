/**
 * What a flood of truly signed deliveries does to the rest of the application: its event loop, its probes, and the
 * documents that are its own.
 */
import { randomUUID } from 'node:crypto';
import { Child } from '../child.mjs';
import { figure } from '../intake/figure.mjs';
import { signatureOf } from '../signed.mjs';
import { Connection } from './connection.mjs';
import { headOf } from './deliveries.mjs';
import { startServer } from './start.mjs';
import { stores } from './stores.mjs';

const rounds = Number(process.env.BENCH_BACKLOG_ROUNDS ?? 2);
/** How large a part of the usual number of deliveries is sent. */
const part = Number(process.env.BENCH_PART ?? 1);
const connections = 32;
/** Milliseconds that nobody may keep the loop for, and that a document of ours may wait beyond what it takes anyway. */
const goals = { turn: 50, document: 1_000 };
/**
 * After how long what was turned away is sent again, in milliseconds, and how often at most: exdata comes again too.
 */
const againMs = 250;
const mostTries = 200;
/** How long the backlog is looked at, in milliseconds, once it has been taken. */
const lookedAtMs = 60_000;

/**
 * Bodies of deliveries, by what is said of them. @type {Readonly<Record<string, (exdata: Child, ours: Child) =>
 * Promise<readonly string[]>>>}
 */
const floods = {
  '4,000 replays of one delivery': async (_exdata, ours) =>
    Array(Math.ceil(4_000 * part)).fill(await ours.ask('delivery')),
  '20,000 deliveries about documents of others': async (exdata) => {
    const ids = await strangers(exdata, Math.ceil(20_000 * part));
    return ids.map((id) => JSON.stringify({ event: 'document.completed', data: { id }, note: 'x'.repeat(900) }));
  },
};

/** @type {Promise<readonly number[]> | undefined} */
let known;
/**
 * The same in each round: their upload takes long. @param {Child} exdata @param {number} count @returns
 * {Promise<readonly number[]>}
 */
const strangers = (exdata, count) => (known ??= exdata.ask('strangers', count));

/** @typedef {{ turn: number, live: number, document: number }} Waits the longest of each, in milliseconds */

/** @returns {Promise<import('../intake/figure.mjs').Figure[]>} */
export async function measureBacklog() {
  const exdata = await Child.start(new URL('exdata.mjs', import.meta.url), []);
  const chosen = process.env.BENCH_STORES?.split(';') ?? Object.keys(stores);
  const figures = [];
  try {
    // Made before exdata knows where to send to: its own deliveries about them would double the flood.
    await strangers(exdata, Math.ceil(20_000 * part));
    for (const store of chosen)
      for (const flood of Object.keys(floods)) figures.push(...(await measureFlood(exdata, store, flood)));
    return figures;
  } finally {
    await exdata.stop();
  }
}

/** @param {Child} exdata @param {string} store @param {string} flood */
async function measureFlood(exdata, store, flood) {
  /** @type {{ ours: Waits, peer: Waits }[]} */
  const measured = [];
  for (let round = 0; round < rounds; round++) measured.push(await measureRound(exdata, store, flood));
  // What else the machine does makes a wait longer, never shorter: the round counts in which least came of it.
  const best = (/** @type {keyof Waits} */ what) =>
    measured
      .map(({ ours, peer }) => ({ ours: ours[what], peer: peer[what] }))
      .reduce((a, b) => (a.ours - a.peer <= b.ours - b.peer ? a : b));
  const bench = `abuse: ${store}, ${flood}`;
  const [turn, live, document] = [best('turn'), best('live'), best('document')];
  return [
    held(`${bench}, longest turn of the event loop, beside 50 ms and storing nothing`, turn, goals.turn),
    held(`${bench}, longest /health/live, beside 50 ms and storing nothing`, live, goals.turn),
    held(`${bench}, longest wait of a new document, beside a second and an idle server`, document, goals.document),
  ];
}

/**
 * @param {string} bench @param {{ ours: number, peer: number }} waits @param {number} allowed milliseconds over the
 * peer's
 */
const held = (bench, { ours, peer }, allowed) => figure({ bench, unit: 'ms', ours, peer: allowed + peer, most: 1 });

/**
 * @param {Child} exdata @param {string} store @param {string} flood @returns {Promise<{ ours: Waits, peer: Waits }>}
 */
async function measureRound(exdata, store, flood) {
  const opened = (await stores[store]?.()) ?? missing(store);
  const working = JSON.stringify({ ...opened.settings, baseUrl: exdata.url.href });
  const plain = await startServer('bare', 'express');
  const ours = await Child.start(new URL('working.mjs', import.meta.url), [working]);
  try {
    await exdata.ask('sendTo', ours.url.href);
    const idle = await documentsOf(ours, (count) => count < 30);
    const bodies = (await floods[flood]?.(exdata, ours)) ?? missing(flood);
    await send(plain.url, bodies.slice(0, 500));
    const peer = await underFlood(plain, bodies, () => Promise.resolve([0]));
    const us = await underFlood(ours, bodies, (goesOn) => documentsOf(ours, goesOn));
    console.error(`${store}, ${flood}: ${JSON.stringify(await ours.ask('outcomes'))}`);
    // The first ones compile what they run.
    return { ours: us, peer: { ...peer, document: Math.max(...idle.slice(10)) } };
  } finally {
    await Promise.all([plain.stop(), ours.stop()]);
    await opened.close();
  }
}

/** @param {string} what @returns {never} */
function missing(what) {
  throw new Error(`BENCH_STORES: there is no ${what}; there are ${Object.keys(stores).join('; ')}`);
}

/**
 * Sends all of them, and looks until they are worked off, or for a minute.
 * @param {Child} server
 * @param {readonly string[]} bodies
 * @param {(goesOn: () => boolean) => Promise<readonly number[]>} documents its waits, in milliseconds, while it goes on
 * @returns {Promise<Waits>}
 */
async function underFlood(server, bodies, documents) {
  let isOver = false;
  const goesOn = () => !isOver;
  await server.ask('watch');
  const others = Promise.all([probe(server.url, goesOn), documents(goesOn)]);
  const began = performance.now();
  const turnedAway = await send(server.url, bodies);
  const taken = performance.now() - began;
  while ((await server.ask('isBehind')) && performance.now() - began - taken < lookedAtMs)
    await new Promise((resolve) => setTimeout(resolve, 500));
  const worked = performance.now() - began - taken;
  isOver = true;
  const [live, waits] = await others;
  const { longest, p999, collected } = await server.ask('delays');
  const said = { 'loop max': longest, 'p99.9': p999, 'longest GC': collected, live, document: Math.max(...waits) };
  const words = Object.entries(said).map(([name, ms]) => `${name} ${ms.toFixed(1)}`);
  const rate = Math.round((bodies.length / taken) * 1000);
  console.error(
    `  taken at ${rate}/s, ${turnedAway} turned away and sent again, worked on for ${(worked / 1000).toFixed(1)} s beyond; ${waits.length} documents; ms: ${words.join(', ')}`,
  );
  return { turn: longest, live, document: Math.max(...waits) };
}

/**
 * Truly signed deliveries, each under an id of its own, and again under it until it is taken.
 * @param {URL} url @param {readonly string[]} bodies @returns {Promise<number>} how often one was turned away, by a 503
 * or without an answer
 */
async function send(url, bodies) {
  let next = 0;
  let turnedAway = 0;
  const sender = async () => {
    let connection = new Connection(url);
    for (let at = next++; at < bodies.length; at = next++) {
      const body = Buffer.from(bodies[at] ?? '');
      const deliveryId = randomUUID();
      for (let tries = 1; ; tries++) {
        const head = headOf(url, body.length, { deliveryId, signature: signatureOf(body) });
        const status = await connection.send(Buffer.concat([Buffer.from(head), body]));
        if (status !== null && status < 300) break;
        if ((status !== null && status !== 503) || tries === mostTries)
          throw new Error(`a true delivery was answered ${status}`);
        turnedAway++;
        await new Promise((resolve) => setTimeout(resolve, againMs));
        if (connection.socket.closed) connection = new Connection(url);
      }
    }
    connection.end();
  };
  await Promise.all(Array.from({ length: connections }, sender));
  return turnedAway;
}

/**
 * Asks whether it lives, again and again. @param {URL} url @param {() => boolean} goesOn @returns {Promise<number>} the
 * longest answer, in milliseconds
 */
async function probe(url, goesOn) {
  let connection = new Connection(url);
  const request = Buffer.from(`GET /health/live HTTP/1.1\r\nHost: ${url.host}\r\n\r\n`);
  let longest = 0;
  while (goesOn()) {
    const began = performance.now();
    const status = await connection.send(request);
    // Where both processes stood still for longer than a connection is kept, it is closed: that is no answer.
    if (status === null && connection.socket.closed) {
      connection = new Connection(url);
      continue;
    }
    if (status !== 200) throw new Error(`/health/live was answered ${status}`);
    longest = Math.max(longest, performance.now() - began);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
  connection.end();
  return longest;
}

/**
 * One new document after the other.
 * @param {Child} ours
 * @param {(count: number) => boolean} goesOn is told how many there were
 * @returns {Promise<readonly number[]>} from `submit` to the call of the handler, in milliseconds
 */
async function documentsOf(ours, goesOn) {
  const waits = [];
  do waits.push(await ours.ask('document', randomUUID()));
  while (goesOn(waits.length));
  return waits;
}
