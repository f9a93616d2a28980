import { ApiProblem } from '../http/problem.js';
import type { Reply } from '../http/reply.js';

/** A claimed key: the upload either completes with an answer to keep, or gives the key back. */
export interface Claim {
  complete(reply: Reply): void;
  release(): void;
}

/** Answers by `Idempotency-Key` (exdata docs: Idempotency). Keys do not expire. */
export class IdempotencyKeys {
  private readonly known = new Map<string, { readonly fingerprint: string; reply?: Reply }>();

  /**
   * @param fingerprint of the whole payload
   * @returns the stored answer, or a claim on the key
   * @throws {ApiProblem} 409 while the first call is running, and for another payload
   */
  claim(scope: string, key: string, fingerprint: string): Claim | { readonly stored: Reply } {
    const id = JSON.stringify([scope, key]);
    const entry = this.known.get(id);
    if (entry === undefined) {
      const claimed: { readonly fingerprint: string; reply?: Reply } = { fingerprint };
      this.known.set(id, claimed);
      return { complete: (reply) => void (claimed.reply = reply), release: () => void this.known.delete(id) };
    }
    if (entry.fingerprint !== fingerprint) {
      throw new ApiProblem(409, 'idempotency_key_reused', 'The Idempotency-Key was used with another payload.');
    }
    if (entry.reply === undefined)
      throw new ApiProblem(409, 'idempotency_in_progress', 'The first request with this Idempotency-Key is still running.');
    return { stored: entry.reply };
  }
}
