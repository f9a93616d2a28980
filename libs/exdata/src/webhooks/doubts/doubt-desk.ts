import type { DoubtfulDelivery } from './signature-doubts.js';
import { largestDoubt, whyNotSigned } from './signature-doubts.js';

/** For how long one delivery is looked into, in milliseconds. */
const patienceMs = 1_000;

/** Is told what was found; undefined where nothing was found in time. */
type Tell = (hint: string | undefined) => void;

/**
 * Looks into why a signature does not fit: off the request's way, one delivery at a time, and one try in each turn of
 * the event loop. What goes wrong with that is nobody's concern.
 */
export class DoubtDesk {
  #isBusy = false;

  /**
   * Returns at once, and calls `tell` later.
   *
   * @returns whether it is looked into: not while another one is
   */
  look(doubt: DoubtfulDelivery, tell: Tell): boolean {
    if (this.#isBusy) return false;
    this.#isBusy = true;
    // A view would keep all that it is a part of.
    const body = doubt.body.length > largestDoubt ? doubt.body : Buffer.from(doubt.body);
    void this.#hintFor({ ...doubt, body })
      .then((hint) => {
        this.#isBusy = false;
        tell(hint);
      })
      .catch(() => undefined);
    return true;
  }

  /** Never rejects. */
  async #hintFor(doubt: DoubtfulDelivery): Promise<string | undefined> {
    const until = performance.now() + patienceMs;
    const tries = whyNotSigned(doubt);
    try {
      for (;;) {
        await new Promise((resolve) => setImmediate(resolve));
        const { done, value } = tries.next();
        if (done) return value;
        if (performance.now() > until) return undefined;
      }
    } catch {
      return undefined;
    }
  }
}
