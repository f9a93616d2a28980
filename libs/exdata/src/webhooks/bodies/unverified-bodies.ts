import type { ExdataClock } from '../../dispatch/index.js';
import { BodyPages } from './body-pages.js';
import { SparePages } from './spare-pages.js';

/** What a connection and a request take beside the body, in bytes. */
const eachBody = 16 * 1024;
/** Beyond this a body is no short one. */
const shortBody = 64 * 1024;
/**
 * What bodies that are not short may take together, in parts of the whole: the rest is left to short ones, as most
 * deliveries are.
 */
const shareOfLong = 3 / 4;
/**
 * How old a body must be before another that is not short pushes it out, in milliseconds: until then nobody knows how
 * fast it is.
 */
const graceMs = 1_000;

/** One body that is not verified yet, from its head until somebody has decided on it. */
export interface UnverifiedBody {
  readonly size: number;
  /** @returns whether there is room for it */
  take(chunk: Buffer): boolean;
  /** Gives back what is held; further chunks are counted and forgotten. */
  drop(): void;
  /** All bytes. It is pushed out no more, and counts until it is closed. */
  whole(): Buffer;
  /** It counts no more. Safe to call twice. */
  close(): void;
}

/**
 * The bodies that nobody has verified yet, of all connections of the process: together they never take more than
 * `limit` bytes. Past that the slowest are pushed out, which are those that wait rather than send; where none is slow,
 * the one that asks gets nothing.
 */
export class UnverifiedBodies {
  readonly #bodies = new Set<Body>();
  readonly #spare = new SparePages(64 * 1024);
  #held = 0;

  constructor(
    private readonly clock: ExdataClock,
    /** Bytes, with what each body takes beside. */
    private readonly limit: number,
  ) {}

  /** Bytes that count. */
  get held(): number {
    return this.#held;
  }

  /** Bodies that count. */
  get count(): number {
    return this.#bodies.size;
  }

  /**
   * @param announced Content-Length, where there is one
   * @param pushOut called when it has to make room for others; nothing of it is held then
   * @returns null where there is no room
   */
  open(announced: number | undefined, pushOut: () => void): UnverifiedBody | null {
    if (!this.#makeRoom(eachBody, eachBody)) return null;
    const body: Body = new Body(new BodyPages(announced, this.#spare), this.clock.now(), pushOut, {
      makeRoom: (bytes) => this.#makeRoom(bytes, body.counted + bytes, body),
      count: (bytes) => (this.#held += bytes),
      close: () => this.#bodies.delete(body),
    });
    body.recount();
    this.#bodies.add(body);
    return body;
  }

  /** @param total what the one who asks would then take */
  #makeRoom(bytes: number, total: number, asking?: Body): boolean {
    const isShort = total <= eachBody + shortBody;
    const most = isShort ? this.limit : this.limit * shareOfLong;
    while (this.#held + bytes > most) {
      const slowest = this.#slowest(isShort ? 0 : graceMs, asking);
      if (!slowest) return false;
      slowest.close();
      slowest.pushOut();
    }
    return true;
  }

  #slowest(leastAge: number, asking: Body | undefined): Body | undefined {
    const now = this.clock.now();
    let slowest: Body | undefined;
    let least = Infinity;
    for (const body of this.#bodies) {
      const age = now - body.since;
      if (body === asking || body.isWhole || age < leastAge) continue;
      const rate = body.size / (Math.max(age, 0) + 1);
      if (rate >= least) continue;
      slowest = body;
      least = rate;
    }
    return slowest;
  }
}

interface Account {
  readonly makeRoom: (bytes: number) => boolean;
  readonly count: (bytes: number) => void;
  readonly close: () => void;
}

class Body implements UnverifiedBody {
  /** Bytes that count for it. */
  counted = 0;
  isWhole = false;
  #isClosed = false;
  #dropped = 0;
  #isDropped = false;

  constructor(
    private readonly pages: BodyPages,
    readonly since: number,
    readonly pushOut: () => void,
    private readonly account: Account,
  ) {}

  get size(): number {
    return this.pages.size + this.#dropped;
  }

  take(chunk: Buffer): boolean {
    if (this.#isDropped) {
      this.#dropped += chunk.length;
      return true;
    }
    const need = this.pages.need(chunk);
    if (need > 0 && !this.account.makeRoom(need)) return false;
    this.pages.take(chunk, need);
    if (need > 0) this.recount();
    return true;
  }

  drop(): void {
    this.#isDropped = true;
    this.pages.drop();
    this.recount();
  }

  whole(): Buffer {
    this.isWhole = true;
    const whole = this.pages.whole();
    this.recount();
    return whole;
  }

  close(): void {
    if (this.#isClosed) return;
    this.#isClosed = true;
    this.#isDropped = true;
    this.pages.drop();
    this.recount();
    this.account.close();
  }

  recount(): void {
    const now = this.#isClosed ? 0 : eachBody + this.pages.capacity;
    this.account.count(now - this.counted);
    this.counted = now;
  }
}
