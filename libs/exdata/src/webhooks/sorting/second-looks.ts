import { hasPassed } from '../../dispatch/index.js';
import type { ExdataClock } from '../../dispatch/index.js';
import type { LinkedDocuments, NamedDocument } from './linked-documents.js';
import { keyOf } from './linked-documents.js';

/** Between two looks at a delivery, in milliseconds. */
const everyMs = 250;
/** Looks at each: the next sweep finds what is left. */
const most = 6;
/** Deliveries remembered, so that a look keeps the event loop for little; what comes beyond them the sweep finds. */
const mostWaiting = 2_000;

/** A delivery that was put behind others, since the ledger did not know its document. */
export interface PutBehind {
  readonly id: string;
  readonly document: NamedDocument;
}

interface Waiting extends PutBehind {
  /** When it was last looked at, or put behind (epoch ms). */
  readonly lookedAt: number;
  readonly looks: number;
  /** Has it worked before the others. */
  readonly prefer: (id: string) => Promise<void>;
}

/**
 * Looks again at what was put behind others: exdata may tell of a document of ours before the answer to its upload is
 * written, and in a flood its delivery would wait for the next sweep.
 */
export class SecondLooks {
  #waiting: Waiting[] = [];
  #cancel: (() => void) | undefined;
  #isStopped = false;

  constructor(
    private readonly linked: LinkedDocuments,
    private readonly clock: ExdataClock,
  ) {}

  add(deliveries: readonly PutBehind[], prefer: Waiting['prefer']): void {
    const lookedAt = this.clock.now();
    const room = Math.max(0, mostWaiting - this.#waiting.length);
    this.#waiting.push(...deliveries.slice(0, room).map((one) => ({ ...one, lookedAt, looks: 0, prefer })));
    this.#lookLater();
  }

  stop(): void {
    this.#isStopped = true;
    this.#cancel?.();
    this.#waiting = [];
  }

  #lookLater(): void {
    if (this.#cancel || this.#isStopped || this.#waiting.length === 0) return;
    this.#cancel = this.clock.after(everyMs, () => {
      // Where it fails the sweep finds them.
      void this.#look()
        .catch(() => undefined)
        .finally(() => {
          this.#cancel = undefined;
          this.#lookLater();
        });
    });
  }

  async #look(): Promise<void> {
    const now = this.clock.now();
    const isDue = ({ lookedAt }: Waiting): boolean => hasPassed(everyMs, lookedAt, now);
    const due = this.#waiting.filter(isDue);
    this.#waiting = this.#waiting.filter((one) => !isDue(one));
    if (due.length === 0) return;
    const ours = await this.linked.among(due.map(({ document }) => document));
    for (const one of due) {
      const looks = one.looks + 1;
      if (ours.has(keyOf(one.document))) await one.prefer(one.id);
      else if (looks < most) this.#waiting.push({ ...one, looks, lookedAt: now });
    }
  }
}
