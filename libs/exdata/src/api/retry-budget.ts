/** What a repeat costs in parts of which a success gives one back: at most one repeat in five calls for long. */
const cost = 5;

/**
 * A bucket of repeats that all calls of a client share, refilled by success: when exdata is down, the client does not
 * multiply its load.
 */
export class RetryBudget {
  readonly #capacity: number;
  #parts: number;

  /** @param repeats how many are there at first, and at most */
  constructor(repeats: number) {
    this.#capacity = repeats * cost;
    this.#parts = this.#capacity;
  }

  /** Takes a repeat out; false when none is left. */
  take(): boolean {
    if (this.#parts < cost) return false;
    this.#parts -= cost;
    return true;
  }

  /** To be told of each call that succeeded. */
  succeeded(): void {
    this.#parts = Math.min(this.#capacity, this.#parts + 1);
  }
}
