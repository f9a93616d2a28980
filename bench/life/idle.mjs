/**
 * How long a document waits that nothing else is done beside: from when its webhook leaves until the handler's row is
 * committed.
 */
import pg from 'pg';
import { figure } from '../intake/figure.mjs';
import { Contestant, kinds } from './contestant.mjs';
import { startRedis } from './redis.mjs';
import { idleDocuments, wanted, warmUp } from './sizes.mjs';

/** Between two documents, in milliseconds: what follows on a handler is over by then. */
const pauseMs = 50;
/** p99 at most, in milliseconds. @type {Partial<Record<import('./contestant.mjs').Name, number>>} */
const goals = { 'in process': 50, bull: Infinity, bullmq: 100, 'pg-boss': Infinity, dbos: Infinity };

/** @returns {Promise<import('../intake/figure.mjs').Figure[]>} */
export async function measureIdle() {
  const names = wanted(['in process', 'bullmq']);
  const redis = names.some((name) => kinds[name].needsRedis) ? await startRedis() : undefined;
  const figures = [];
  try {
    for (const name of names) {
      const times = await timesOf(name, redis?.port);
      const at = (/** @type {number} */ part) =>
        times[Math.min(times.length - 1, Math.floor(times.length * part))] ?? Number.NaN;
      console.error(
        `${name}, idle: ms: p50 ${at(0.5).toFixed(1)}, p99 ${at(0.99).toFixed(1)}, longest ${at(1).toFixed(1)}`,
      );
      const bench = `life: ${name}, idle, p99 from webhook to handler done`;
      figures.push(figure({ bench, unit: 'ms', ours: at(0.99), peer: goals[name] ?? Infinity, most: 1 }));
    }
  } finally {
    await redis?.stop();
  }
  return figures;
}

/**
 * Milliseconds, the shortest first. @param {import('./contestant.mjs').Name} name @param {number | undefined} redisPort
 */
async function timesOf(name, redisPort) {
  const contestant = await Contestant.start(name, { processingMs: 'manual', redisPort });
  const { application, simulator, database } = contestant;
  if (!database) throw new Error(`${name}: only PostgreSQL tells when a row is committed`);
  const watcher = await CommitWatcher.start(database.url);
  try {
    const documents = warmUp.documents + idleDocuments;
    await application.ask('submit', { documents, atOnce: documents });
    /** @type {number[]} */
    let ids = [];
    while (ids.length < documents) ids = await simulator.ask('documents');
    await pause(1_000);
    const times = [];
    for (const id of ids) {
      const committed = watcher.next();
      const left = await simulator.ask('finish', { id });
      times.push((await committed) - left);
      await pause(pauseMs);
    }
    return times.slice(warmUp.documents).sort((a, b) => a - b);
  } finally {
    await watcher.stop();
    await contestant.stop();
  }
}

/** @param {number} ms */
function pause(ms) {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Is told by PostgreSQL of each row of a handler once it is committed. */
class CommitWatcher {
  /** @type {(at: number) => void} */
  #told = () => undefined;

  /** @param {pg.Client} client */
  constructor(client) {
    this.client = client;
    client.on('notification', () => this.#told(performance.timeOrigin + performance.now()));
  }

  /** @param {string} url */
  static async start(url) {
    const client = new pg.Client({ connectionString: url });
    await client.connect();
    await client.query(`
      create function tell_of_bill() returns trigger language plpgsql as $$ begin perform pg_notify('bill', new.document); return null; end $$;
      create trigger tell after insert on bill for each row execute function tell_of_bill();
      listen bill;`);
    return new CommitWatcher(client);
  }

  /** When the next one is committed (epoch ms). @returns {Promise<number>} */
  next() {
    return new Promise((resolve) => (this.#told = resolve));
  }

  stop() {
    return this.client.end();
  }
}
