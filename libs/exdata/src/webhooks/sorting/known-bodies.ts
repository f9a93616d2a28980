import type { InboxRow } from '../inbox/index.js';

/** What this process knows of signed bytes that it has stored before. */
export interface KnownBody {
  /** Row of the delivery by which they were worked on first; null until that has been looked up. */
  original: string | null;
  /** When a replay was last put to work for all that come (epoch ms). */
  spokenForAt: number;
}

/** Bodies remembered: the oldest give way, and cost what a first delivery does. */
const most = 10_000;

/** Remembers which signed bytes were stored lately, so that a replay is told from news without asking the database. */
export class KnownBodies {
  readonly #bodies = new Map<string, KnownBody>();

  /** Whether anything is; remembers nothing. */
  has({ account, bodySha256 }: Pick<InboxRow, 'account' | 'bodySha256'>): boolean {
    return this.#bodies.has(`${account} ${bodySha256}`);
  }

  /** What is known of the row's bytes; undefined where these are the first, which are remembered. */
  recall({ account, bodySha256 }: Pick<InboxRow, 'account' | 'bodySha256'>): KnownBody | undefined {
    const key = `${account} ${bodySha256}`;
    const known = this.#bodies.get(key);
    this.#bodies.delete(key);
    this.#bodies.set(key, known ?? { original: null, spokenForAt: -Infinity });
    const [oldest] = this.#bodies.keys();
    if (this.#bodies.size > most && oldest !== undefined) this.#bodies.delete(oldest);
    return known;
  }
}
