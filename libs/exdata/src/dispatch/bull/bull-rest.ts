import type { Queue } from 'bull';
import { Backoff } from '../backoff.js';
import { isAboutAJob, isConnectionError } from '../redis-errors.js';
import { redisBackoff } from '../redis-gate.js';
import type { RedisGate } from '../redis-gate.js';

/** The settings by which Bull waits after an error, in milliseconds; it reads them once it has told of the error. */
interface Waits {
  retryProcessDelay: number;
  guardInterval: number;
}

/** What is needed here of a client of ioredis. */
interface Client {
  readonly options: { retryStrategy?: ((times: number) => unknown) | null | undefined };
}

/**
 * Has Bull leave a Redis alone that refuses. Its workers wait longer from time to time before they ask again, and so do
 * its connections before they are made anew, which is at once otherwise where a password is refused.
 */
export class BullRest {
  readonly #backoff: Backoff;
  readonly #own: Waits | null;
  readonly #slowed = new WeakSet<object>();
  /** Until when the workers that have failed wait (epoch ms). */
  #until = -Infinity;

  constructor(
    private readonly queue: Queue,
    private readonly gate: RedisGate,
  ) {
    this.#backoff = new Backoff(redisBackoff, gate.random);
    const waits = waitsOf(queue);
    this.#own = waits && { ...waits };
  }

  /** For the error events of the queue. */
  readonly heard = (error: unknown): void => {
    if (!this.gate.isRefusing) this.#backoff.reset();
    this.gate.heard(error);
    // Bull makes its connections one by one, as it comes to need them; `clients` are those that no `createClient` of
    // the host's made.
    for (const client of [this.queue.client, ...this.queue.clients]) this.#slowDown(client);
    this.#waitAtLeast(isConnectionError(error) || isAboutAJob(error) ? 0 : this.#restMs());
  };

  /** Has what its workers come to show that Redis is well. */
  watchWorkers(): void {
    this.queue.on('active', this.#works);
    this.queue.on('drained', this.#works);
  }

  readonly #works = (): void => {
    this.#backoff.reset();
    this.gate.works();
  };

  /** Each of its workers fails by itself; together they go one step. */
  #restMs(): number {
    const now = this.gate.clock.now();
    const left = this.#until - now;
    if (left > 0 && left <= redisBackoff.maxMs) return left;
    const ms = this.#backoff.next();
    this.#until = now + ms;
    return ms;
  }

  #waitAtLeast(ms: number): void {
    const waits = waitsOf(this.queue);
    if (!this.#own || !waits) return;
    waits.retryProcessDelay = Math.max(ms, this.#own.retryProcessDelay);
    waits.guardInterval = Math.max(ms, this.#own.guardInterval);
  }

  #slowDown(client: unknown): void {
    if (!isClient(client) || this.#slowed.has(client)) return;
    this.#slowed.add(client);
    const { options } = client;
    const own = options.retryStrategy?.bind(options);
    if (!own) return;
    const backoff = new Backoff(redisBackoff, this.gate.random);
    options.retryStrategy = (times) => {
      const delay = own(times);
      if (this.gate.isRefusing && typeof delay === 'number') return Math.max(delay, backoff.next());
      backoff.reset();
      return delay;
    };
  }
}

function waitsOf(queue: object): Waits | null {
  const settings: unknown = 'settings' in queue ? queue.settings : null;
  return typeof settings === 'object' &&
    settings !== null &&
    'retryProcessDelay' in settings &&
    'guardInterval' in settings
    ? (settings as Waits)
    : null;
}

function isClient(client: unknown): client is Client {
  return (
    typeof client === 'object' &&
    client !== null &&
    'options' in client &&
    typeof client.options === 'object' &&
    client.options !== null &&
    'retryStrategy' in client.options &&
    typeof client.options.retryStrategy === 'function'
  );
}
