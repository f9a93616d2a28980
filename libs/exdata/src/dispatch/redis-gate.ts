import type { LoggerService } from '@nestjs/common';
import { Backoff } from './backoff.js';
import { hasPassed } from './clock.js';
import type { ExdataClock, Random } from './clock.js';
import type { ExdataFault } from './fault-book.js';
import { FaultBook } from './fault-book.js';
import { isAboutAJob, isConnectionError, textOf } from './redis-errors.js';

/** How long Redis is left alone after it has failed, in milliseconds; grows from the first to the second. */
export const redisBackoff = { firstMs: 250, maxMs: 15_000 };

/**
 * A refusal that has not come again for so long is over, in milliseconds: longer than the longest rest and the longest
 * wait for a job.
 */
const quietMs = 60_000;

/** Where the gate writes. */
export type GateLog = Pick<LoggerService, 'log' | 'warn'>;

/**
 * What is sent to Redis goes through here: a server that is away, or refuses what it is asked, holds up nobody for
 * longer than the limit, is left alone for a while, and costs the log a line a minute. What is dropped meanwhile the
 * sweeper repeats.
 */
export class RedisGate {
  readonly #faults: FaultBook;
  readonly #backoff: Backoff;
  #unanswered: Promise<unknown> | undefined;
  /** Whether Redis answers, and refuses: then only a write that it takes shows that it is well. */
  #isRefusing = false;
  #lastAt = -Infinity;
  /** When it may be asked again (epoch ms). */
  #notBefore = -Infinity;

  /** @param limitMs how long an answer is waited for, in milliseconds */
  constructor(
    readonly limitMs: number,
    readonly clock: ExdataClock,
    readonly random: Random,
    private readonly log: GateLog,
  ) {
    this.#faults = new FaultBook(clock, () => void log.log('Redis answers again'));
    this.#backoff = new Backoff(redisBackoff, random);
  }

  /**
   * Whether Redis refuses what it is asked, such as a replica that takes no writes, or one that wants another password.
   */
  get isRefusing(): boolean {
    this.#endIfQuiet();
    return this.#isRefusing;
  }

  faults(): ExdataFault[] {
    this.#endIfQuiet();
    return this.#faults.standing();
  }

  /**
   * Sends commands that resolve to whether they wrote anything; true when they were answered within the limit. Never
   * rejects. While Redis is away, or an earlier command waits for its answer past the limit, nothing further is sent: a
   * client without a connection would keep it all in memory.
   */
  async send(commands: () => Promise<boolean>): Promise<boolean> {
    this.#endIfQuiet();
    const wait = this.#notBefore - this.clock.now();
    // A clock that was set back must not keep Redis from being asked.
    if (this.#faults.stands('redis') && wait > 0 && wait <= redisBackoff.maxMs) return false;
    return this.ask(commands);
  }

  /** As {@link send}, whether or not Redis has failed just now. */
  async ask(commands: () => Promise<boolean>): Promise<boolean> {
    if (this.#unanswered) return false;
    const answer = commands().then(
      (wrote) => {
        if (wrote || !this.#isRefusing) this.works();
        return true;
      },
      (error: unknown) => this.#failed(error),
    );
    const answered = await this.within(answer);
    if (answered !== undefined) return answered;
    this.#unanswered ??= answer.finally(() => (this.#unanswered = undefined));
    return this.#failed(new Error(`no answer within ${String(this.limitMs)} ms`));
  }

  /** What `promise` resolves to, or undefined after the limit. */
  async within<T>(promise: Promise<T>): Promise<T | undefined> {
    let cancel = (): void => undefined;
    const late = new Promise<undefined>(
      (resolve) => (cancel = this.clock.after(this.limitMs, () => resolve(undefined))),
    );
    return Promise.race([promise, late]).finally(cancel);
  }

  /** For the error events of queues and workers. */
  readonly heard = (error: unknown): void => {
    if (isAboutAJob(error))
      this.#faults.note('queue', (count) => void this.log.warn(`the queue reports: ${textOf(error)}${times(count)}`));
    else this.#note(error);
  };

  /** Redis took a write. */
  works(): void {
    this.#isRefusing = false;
    this.#backoff.reset();
    this.#faults.over('redis');
  }

  /** Whoever works on a queue asks again and again: what is not heard any more is over, although nothing told so. */
  #endIfQuiet(): void {
    if (this.#isRefusing && hasPassed(quietMs, this.#lastAt, this.clock.now())) this.works();
  }

  #failed(error: unknown): false {
    this.#note(error);
    this.#notBefore = this.clock.now() + this.#backoff.next();
    return false;
  }

  #note(error: unknown): void {
    this.#isRefusing = !isConnectionError(error);
    this.#lastAt = this.clock.now();
    this.#faults.note('redis', (count) => {
      const what = `Redis cannot be used (${textOf(error)})${times(count)}`;
      this.log.warn(`${what}; work waits in the database, and is dispatched once Redis is back`);
    });
  }
}

const times = (count: number): string => (count === 1 ? '' : `, ${String(count)} times since the last line`);
