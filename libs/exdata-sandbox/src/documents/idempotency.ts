import type { SandboxClock } from '../clock/clock.js';
import { ApiProblem } from '../http/problem.js';
import type { Reply } from '../http/reply.js';
import type { Readings } from '../readings.js';

/** A claimed key: the upload either completes with an answer to keep, or gives the key back. */
export interface Claim {
  complete(reply: Reply): void;
  release(): void;
}

interface Known {
  readonly fingerprint: string;
  /** Of the key's first use, milliseconds since the epoch. */
  readonly since: number;
  reply?: Reply;
}

/** Answers by `Idempotency-Key` (exdata docs: Idempotency). */
export class IdempotencyKeys {
  private readonly known = new Map<string, Known>();

  constructor(
    private readonly clock: SandboxClock,
    private readonly readings: Readings,
  ) {}

  /**
   * @param fingerprint of the whole payload
   * @returns the stored answer, or a claim on the key
   * @throws {ApiProblem} 409 while the first call is running, and for another payload
   */
  claim(scope: string, key: string, fingerprint: string): Claim | { readonly stored: Reply } {
    const id = JSON.stringify([scope, key]);
    const now = this.clock.now();
    const entry = this.known.get(id);
    if (entry === undefined || now - entry.since >= this.readings.idempotencyLifetimeMs) {
      const claimed: Known = { fingerprint, since: now };
      this.known.set(id, claimed);
      return { complete: (reply) => void (claimed.reply = reply), release: () => void this.known.delete(id) };
    }
    if (entry.fingerprint !== fingerprint) {
      throw this.conflict('idempotency_key_reused', 'The Idempotency-Key was used with another payload.');
    }
    if (entry.reply === undefined) {
      throw this.conflict('idempotency_in_progress', 'The first request with this Idempotency-Key is still running.');
    }
    return { stored: entry.reply };
  }

  private conflict(code: string, message: string): ApiProblem {
    return this.readings.conflictCodes === 'distinct'
      ? new ApiProblem(409, code, message)
      : new ApiProblem(409, 'conflict', 'The Idempotency-Key cannot be used.');
  }
}
