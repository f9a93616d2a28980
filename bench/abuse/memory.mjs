/** Memory that strangers can make the module take. */
import { figure } from '../intake/figure.mjs';
import { headOf, inSingleBytes, lastChunk } from './deliveries.mjs';
import { Connection } from './connection.mjs';
import { startServer } from './start.mjs';

const mebibyte = 1024 * 1024;
/** How far the resident set may grow, in MiB. */
const allowed = 32;

/**
 * What strangers do, by what is said of it.
 * @type {Readonly<Record<string, (url: URL) => Promise<Connection[]>>>}
 */
const attacks = {
  '5 bodies of 1 MB in single bytes': async (url) => {
    const bytes = inSingleBytes(Buffer.alloc(1_000_000, ' '));
    const connections = Array.from({ length: 5 }, () => new Connection(url));
    await Promise.all(connections.map(({ socket }) => written(socket, [headOf(url, 'chunked'), bytes])));
    // One that takes longer than bodyTimeoutMs has been answered 408 before.
    await Promise.all(connections.map((connection) => connection.send(Buffer.from(lastChunk))));
    return connections;
  },
  '600 bodies of 1 MB, all but the last byte': (url) => open(url, 600, 999_999),
  '5,000 bodies of 1 MB that are announced': (url) => open(url, 5_000, 0),
  '5,000 bodies of 1 MB, half of them sent': (url) => open(url, 5_000, 500_000),
  '500 refused bodies of 1 MB on connections that stay open': async (url) => {
    const request = Buffer.concat([Buffer.from(headOf(url, 1_000_000)), Buffer.alloc(1_000_000)]);
    const connections = Array.from({ length: 100 }, () => new Connection(url));
    for (let round = 0; round < 5; round++) for (const connection of connections) await connection.send(request);
    return connections;
  },
};

/**
 * @param {import('./start.mjs').Platform} platform
 * @returns {Promise<import('../intake/figure.mjs').Figure[]>}
 */
export async function measureMemory(platform) {
  const figures = [];
  for (const [what, attack] of Object.entries(attacks)) {
    const server = await startServer('ours', platform);
    try {
      await warmUp(server);
      const { now } = await server.ask('memory');
      const connections = await attack(server.url);
      const { highest } = await server.ask('memory');
      for (const connection of connections) connection.end();
      const grown = Math.max(0, highest - now) / mebibyte;
      console.error(`${platform}, ${what}: from ${Math.round(now / mebibyte)} MiB by ${grown.toFixed(1)} MiB`);
      figures.push(
        figure({
          bench: `abuse: ${platform}, resident set, ${what}, beside what is allowed`,
          unit: 'MiB',
          ours: grown,
          peer: allowed,
          most: 1,
        }),
      );
    } finally {
      await server.stop();
    }
  }
  return figures;
}

/**
 * A server that has worked for a while, with many connections at once: the heap that it takes for that is not the
 * strangers'. @param {import('../child.mjs').Child} server
 */
async function warmUp(server) {
  const connections = Array.from({ length: 200 }, () => new Connection(server.url));
  for (const [count, bytes] of /** @type {const} */ ([
    [20, 1_000],
    [1, 500_000],
  ])) {
    const request = Buffer.concat([Buffer.from(headOf(server.url, bytes)), Buffer.alloc(bytes)]);
    for (let sent = 0; sent < count; sent++)
      await Promise.all(connections.map((connection) => connection.send(request)));
  }
  for (const connection of connections) connection.end();
}

/**
 * Opens requests whose bodies do not end. Resolves when each has sent what it has to send, or was cut off.
 * @param {URL} url @param {number} count @param {number} bytes
 */
async function open(url, count, bytes) {
  const head = headOf(url, 1_000_000);
  const body = Buffer.alloc(bytes);
  const connections = [];
  // So many at once as a server's backlog takes.
  for (let begun = 0; begun < count; begun += 100) {
    const some = Array.from({ length: Math.min(100, count - begun) }, () => new Connection(url));
    connections.push(...some);
    await Promise.all(some.map(({ socket }) => written(socket, [head, body])));
  }
  return connections;
}

/** @param {import('node:net').Socket} socket @param {readonly (string | Buffer)[]} pieces @returns {Promise<void>} */
function written(socket, pieces) {
  return new Promise((resolve) => {
    socket.once('close', () => resolve());
    for (const piece of pieces)
      socket.write(piece, (error) => (error || piece === pieces.at(-1) ? resolve() : undefined));
    socket.resume();
  });
}
