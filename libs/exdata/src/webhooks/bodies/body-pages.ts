import type { SparePages } from './spare-pages.js';

const smallestPage = 4 * 1024;

const empty = Buffer.alloc(0);

/**
 * The bytes of a body as it grows. They are copied out of the chunks that they come in, since a chunk of one byte keeps
 * all that was read with it from the network. Pages grow with what has come: never more is set aside than twice that
 * and the smallest page.
 */
export class BodyPages {
  #pages: Buffer[] = [];
  #last: Buffer = empty;
  /** Bytes used of the last page. */
  #used = 0;
  #capacity = 0;
  #size = 0;

  /** @param announced how many bytes are to come, where that is known: no more than that is set aside */
  constructor(
    private readonly announced: number | undefined,
    private readonly spare: SparePages,
  ) {}

  /** Bytes taken. */
  get size(): number {
    return this.#size;
  }

  /** Bytes set aside. */
  get capacity(): number {
    return this.#capacity;
  }

  /** How many bytes would have to be set aside to take this chunk too. */
  need(chunk: Buffer): number {
    const more = chunk.length - (this.#last.length - this.#used);
    if (more <= 0) return 0;
    const left = this.announced === undefined ? Infinity : this.announced - this.#capacity;
    return Math.max(more, Math.min(left, this.spare.pageSize, Math.max(smallestPage, this.#capacity)));
  }

  /** Takes a chunk. @param need what {@link need} says of it */
  take(chunk: Buffer, need: number): void {
    this.#size += chunk.length;
    // A stranger may send a million of these.
    if (chunk.length === 1 && need === 0) {
      this.#last[this.#used++] = chunk[0] ?? 0;
      return;
    }
    const fits = chunk.copy(this.#last, this.#used);
    this.#used += fits;
    if (need > 0) {
      this.#last = this.spare.take(need);
      this.#pages.push(this.#last);
      this.#capacity += need;
      this.#used = chunk.copy(this.#last, 0, fits);
    }
  }

  /** All bytes in one piece, in place of the pages. */
  whole(): Buffer {
    const [only] = this.#pages;
    const isOne = only !== undefined && this.#pages.length === 1;
    const whole = isOne ? only.subarray(0, this.#size) : Buffer.concat(this.#pages, this.#size);
    // The one is what is given away.
    if (!isOne) this.spare.giveBack(this.#pages);
    this.#capacity = isOne ? only.length : this.#size;
    this.#pages = [];
    this.#last = empty;
    return whole;
  }

  drop(): void {
    this.spare.giveBack(this.#pages);
    this.#pages = [];
    this.#last = empty;
    this.#used = this.#capacity = 0;
  }
}
