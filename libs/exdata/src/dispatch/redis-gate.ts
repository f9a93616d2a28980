import type { LoggerService } from '@nestjs/common';
import type { Clock } from './clock.js';

/** What a Redis client says when the server is away, rather than that it refused a command. */
const connectionCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
]);
const connectionTexts = /connection is closed|max retries per request|stream isn't writeable/i;

/**
 * What is sent to Redis goes through here: a server that is away holds up nobody for longer than the limit, and is logged once,
 * not once for each row. What is dropped meanwhile the sweeper repeats.
 */
export class RedisGate {
  #away = false;
  #unanswered: Promise<unknown> | undefined;

  /** @param limitMs how long an answer is waited for, in milliseconds */
  constructor(
    readonly limitMs: number,
    private readonly clock: Clock,
    private readonly logger: Pick<LoggerService, 'log' | 'warn'>,
  ) {}

  /**
   * Sends commands; true when they were answered within the limit. Never rejects. While an earlier command waits for its answer
   * past the limit, nothing further is sent: a client without a connection would keep it all in memory.
   */
  async send(commands: () => Promise<unknown>): Promise<boolean> {
    if (this.#unanswered) return false;
    const answer = commands().then(
      () => this.#isBack(),
      (error: unknown) => this.#isAway(error),
    );
    const answered = await this.within(answer);
    if (answered !== undefined) return answered;
    this.#unanswered ??= answer.finally(() => (this.#unanswered = undefined));
    return this.#isAway(new Error(`no answer within ${String(this.limitMs)} ms`));
  }

  /** What `promise` resolves to, or undefined after the limit. */
  async within<T>(promise: Promise<T>): Promise<T | undefined> {
    let cancel = (): void => undefined;
    const late = new Promise<undefined>((resolve) => (cancel = this.clock.after(this.limitMs, () => resolve(undefined))));
    return Promise.race([promise, late]).finally(cancel);
  }

  /** For the error events of queues and workers: a connection that fails again and again is told once. */
  readonly heard = (error: unknown): void => {
    if (isConnectionError(error)) this.#isAway(error);
    else this.logger.warn(`the queue reports: ${textOf(error)}`);
  };

  #isAway(error: unknown): false {
    if (!this.#away) {
      this.logger.warn(`Redis cannot be used (${textOf(error)}); work waits in the database, and is dispatched once Redis is back`);
    }
    this.#away = true;
    return false;
  }

  #isBack(): true {
    if (this.#away) this.logger.log('Redis answers again');
    this.#away = false;
    return true;
  }
}

function isConnectionError(error: unknown): boolean {
  const { code, message } = partsOf(error);
  return connectionCodes.has(code) || connectionTexts.test(message);
}

function textOf(error: unknown): string {
  const { code, message } = partsOf(error);
  // Node gathers the failures of several addresses under an empty message.
  return message === '' ? code : message;
}

/** An error by its looks: drivers may throw from another realm, whose errors are no instances of ours. */
function partsOf(error: unknown): { readonly code: string; readonly message: string } {
  if (typeof error !== 'object' || error === null) return { code: '', message: String(error) };
  return { code: 'code' in error ? String(error.code) : '', message: 'message' in error ? String(error.message) : '' };
}
