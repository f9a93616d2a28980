/** One round of deliveries against one or several receivers. */
import autocannon from 'autocannon';
import { deliveriesTo } from './deliveries.mjs';

/**
 * @typedef {{ perSecond: number, taken: number, p50: number, p99: number, p999: number }} Load throughput, number of
 * 2xx, and milliseconds
 */

/**
 * Sends so many deliveries on so many connections, shared out among the receivers; each is answered before the round
 * ends.
 * @param {readonly string[]} urls
 * @param {{ amount: number, connections: number }} size
 * @returns {Promise<Load>}
 */
export async function load(urls, { amount, connections }) {
  /** @type {number[]} */
  const times = [];
  const share = {
    amount: Math.ceil(amount / urls.length),
    connections: Math.max(1, Math.round(connections / urls.length)),
  };
  // Made before the time runs: each body takes a signature.
  const requests = urls.map((url) => deliveriesTo(url, share.amount));
  const started = performance.now();
  let last = started;
  const answered = (/** @type {number} */ time) => {
    last = performance.now();
    times.push(time);
  };
  const taken = await Promise.all(urls.map((url, at) => send(url, requests[at] ?? {}, share, answered)));
  // autocannon looks but once a second whether all is done.
  const seconds = (last - started) / 1000;
  times.sort((a, b) => a - b);
  const at = (/** @type {number} */ part) =>
    times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN;
  return {
    perSecond: times.length / seconds,
    taken: taken.reduce((sum, one) => sum + one, 0),
    p50: at(0.5),
    p99: at(0.99),
    p999: at(0.999),
  };
}

/**
 * @param {string} url
 * @param {autocannon.Request} delivery
 * @param {{ amount: number, connections: number }} size
 * @param {(time: number) => void} answered is told how long each took, in milliseconds
 * @returns {Promise<number>} how many were answered 2xx
 */
function send(url, delivery, size, answered) {
  return new Promise((resolve, reject) => {
    const setupClient = (/** @type {autocannon.Client} */ client) => client.setRequests([delivery]);
    const instance = autocannon({ url, ...size, setupClient }, (error, result) => {
      if (error) reject(error instanceof Error ? error : new Error(String(error)));
      else if (result.errors > 0 || result.non2xx > 0)
        reject(new Error(`${url}: ${result.errors} errors, ${result.non2xx} not taken`));
      else resolve(result['2xx']);
    });
    instance.on('response', (_client, _status, _bytes, time) => answered(time));
  });
}
