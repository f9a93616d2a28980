/**
 * Resolves in the next turn of the event loop, once whoever waits for it has been served: requests, timers, answers.
 */
export function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** Of so many turns one is for what can wait, however much there is that cannot. */
const oneIn = 8;

/**
 * Gives each piece of work a turn of the event loop to begin in. Where the driver is synchronous, as that of SQLite, a
 * piece is one chain of microtasks, and many of them begun at once would keep the loop until all of them have ended.
 */
export class Turns {
  readonly #soon: (() => void)[] = [];
  readonly #later: (() => void)[] = [];
  #isPlanned = false;
  #taken = 0;

  /** Resolves when it is the caller's turn. @param canWait whether others go before, whenever they came */
  mine(canWait: boolean): Promise<void> {
    return new Promise((resolve) => {
      (canWait ? this.#later : this.#soon).push(resolve);
      this.#plan();
    });
  }

  #plan(): void {
    if (this.#isPlanned || this.#soon.length + this.#later.length === 0) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      const [first, second] = ++this.#taken % oneIn === 0 ? [this.#later, this.#soon] : [this.#soon, this.#later];
      (first.shift() ?? second.shift())?.();
      this.#plan();
    });
  }
}
