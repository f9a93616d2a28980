/** How a client repeats what failed, all of it checked. */
export interface RetrySettings {
  /** How often a call is sent at most, the first time included; 1 repeats nothing. */
  readonly attempts: number;
  /** The backoff after the first failure, in milliseconds; doubled with each further one. */
  readonly firstMs: number;
  /** The longest backoff, in milliseconds. */
  readonly maxMs: number;
  /** The longest single wait that a call sleeps through, in milliseconds. */
  readonly longestWaitMs: number;
  /** How many repeats the client saves up for bad times. */
  readonly budget: number;
}

/** A failed attempt, and what is left. */
export interface RetryQuestion {
  readonly failure: {
    /** The answer's status, null without one. */
    readonly status: number | null;
    readonly code: string;
    /** What exdata asks to wait, in milliseconds. */
    readonly retryAfterMs?: number | undefined;
  };
  readonly method: 'GET' | 'POST' | 'DELETE';
  /** Whether the call carries an idempotency key. */
  readonly keyed: boolean;
  /** Attempts made so far. */
  readonly made: number;
  /** Attempts allowed. */
  readonly attempts: number;
  /** Until the call's deadline, in milliseconds. */
  readonly remainingMs: number;
  readonly retry: Pick<RetrySettings, 'firstMs' | 'maxMs' | 'longestWaitMs'>;
  /** In [0, 1). */
  readonly random: number;
}

/** Wait so long, then repeat the call unchanged; or why not. */
export type RetryAnswer =
  | { readonly repeat: true; readonly waitMs: number }
  | { readonly repeat: false; readonly because: 'final' | 'no_key' | 'attempts' | 'wait_too_long' | 'deadline' };

/**
 * Whether a failed attempt is repeated, and when. Repeated are lost connections, 408, 429, 5xx and, under an
 * idempotency key, 409 (exdata docs: Errors, Idempotency). The wait is exdata's where it names one, else exponential
 * with full jitter. A POST without a key is never repeated.
 */
export function decideRetry(question: RetryQuestion): RetryAnswer {
  const { failure, method, keyed, made, attempts, remainingMs, retry, random } = question;
  if (!isPassing(failure, keyed)) return { repeat: false, because: 'final' };
  if (method === 'POST' && !keyed) return { repeat: false, because: 'no_key' };
  if (made >= attempts) return { repeat: false, because: 'attempts' };
  const backoffMs = Math.min(retry.maxMs, retry.longestWaitMs, retry.firstMs * 2 ** (made - 1));
  const waitMs = failure.retryAfterMs ?? Math.floor(random * backoffMs);
  if (waitMs > retry.longestWaitMs) return { repeat: false, because: 'wait_too_long' };
  // Nothing is left to do in the time that would be left.
  if (waitMs >= remainingMs) return { repeat: false, because: 'deadline' };
  return { repeat: true, waitMs };
}

function isPassing({ status, code }: RetryQuestion['failure'], keyed: boolean): boolean {
  if (status === null) return code === 'connection';
  return status === 408 || status === 429 || status >= 500 || (status === 409 && keyed);
}
