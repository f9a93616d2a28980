import { ExdataAuthenticationError } from './api-errors.js';
import { attempt } from './attempt.js';
import type { Call } from './attempt.js';
import type { ExdataResult } from './calls.js';
import { CallToken } from './call-token.js';
import { Deadline } from './deadline.js';
import { ExdataError, ExdataRequestError } from './errors.js';
import { FailedAttempts, statusOf } from './failed-attempts.js';
import { headerText } from './header-values.js';
import { RetryBudget } from './retry-budget.js';
import { decideRetry } from './retry-decision.js';
import { attemptsLimit, isAttempts } from './settings.js';
import type { Settings } from './settings.js';
import { isTimeout, longestTimeoutMs } from './timers.js';
import type { Transport } from './transport.js';

/** Carries out calls: as many attempts as it takes, within one deadline, and a budget that all calls share. */
export class CallRunner {
  readonly #settings: Settings;
  readonly #transport: Transport;
  readonly #budget: RetryBudget;

  constructor(settings: Settings, transport: Transport) {
    this.#settings = settings;
    this.#transport = transport;
    this.#budget = new RetryBudget(settings.retry.budget);
  }

  /**
   * Sends the request, reads the answer, and repeats what fails where {@link decideRetry} says so; once besides, and at
   * once, where exdata refused a token and its source gives another one by now.
   * @throws {ExdataError} when it cannot be sent, is not answered, or not with success; the reason of the caller's
   * signal once that is aborted
   */
  async run<T>(call: Call<T>): Promise<ExdataResult<T>> {
    const sentRequestId = headerText('requestId', call.options.requestId ?? this.#settings.newRequestId(), 128);
    const { timeoutMs, attempts } = this.#limitsOf(call);
    const deadline = new Deadline(timeoutMs, call.options.signal, this.#settings);
    const token = new CallToken(this.#settings);
    const failed = new FailedAttempts({ operation: call.operation, keyed: isKeyed(call), sentRequestId });
    try {
      for (let waitedMs = 0; ;) {
        const made = { at: this.#settings.now(), waitedMs };
        try {
          const exchange = { sentRequestId, deadline, token, ended: (failure: Error) => failed.ended(failure, made) };
          const result = await attempt(this.#transport, call, exchange);
          this.#budget.succeeded();
          return result;
        } catch (thrown) {
          if (!(thrown instanceof ExdataError)) throw thrown;
          const failure = failed.add(thrown, made);
          // A token that was changed between two looks at its source: what exdata refused was the old one.
          const isOutdated =
            thrown instanceof ExdataAuthenticationError &&
            (await deadline.before(token.hasChanged()).catch(() => false));
          waitedMs = isOutdated ? 0 : await this.#waitAfter(failure, { call, failed, attempts, deadline });
        }
      }
    } catch (thrown) {
      deadline.clear();
      throw thrown;
    } finally {
      // A download goes on under the same deadline until its stream is closed.
      if (!call.operation.downloads) deadline.clear();
    }
  }

  /** Waits for the next attempt, and tells how long. Throws the failure where none is to follow. */
  async #waitAfter(failure: ExdataError, { call, failed, attempts, deadline }: Waiting): Promise<number> {
    const { retry, random } = this.#settings;
    const answer = decideRetry({
      failure: { status: statusOf(failure), code: failure.code, retryAfterMs: failure.retryAfterMs },
      method: call.operation.method,
      keyed: isKeyed(call),
      made: failed.count,
      attempts,
      remainingMs: deadline.remainingMs,
      retry,
      random: random(),
    });
    if (!answer.repeat || !this.#budget.take()) throw failure;
    await deadline.sleep(answer.waitMs).catch(() => {
      if (deadline.endedBy === 'caller') call.options.signal?.throwIfAborted();
      throw failure;
    });
    return answer.waitMs;
  }

  #limitsOf({ options, defaultTimeoutMs }: Call<unknown>): { timeoutMs: number; attempts: number } {
    const { timeoutMs = defaultTimeoutMs, attempts = this.#settings.retry.attempts } = options;
    if (!isTimeout(timeoutMs))
      throw new ExdataRequestError('timeoutMs', `must be a whole number of milliseconds from 1 to ${longestTimeoutMs}`);
    if (!isAttempts(attempts)) throw new ExdataRequestError('attempts', attemptsLimit);
    return { timeoutMs, attempts };
  }
}

/** A call between two attempts. */
interface Waiting {
  readonly call: Call<unknown>;
  readonly failed: FailedAttempts;
  /** How many attempts are allowed. */
  readonly attempts: number;
  readonly deadline: Deadline;
}

function isKeyed({ upload }: Call<unknown>): boolean {
  return upload?.idempotencyKey !== undefined;
}
