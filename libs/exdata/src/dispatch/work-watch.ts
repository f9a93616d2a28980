import { Backoff } from './backoff.js';
import type { ExdataClock, Random } from './clock.js';
import type { ExdataJobRef } from './job.js';
import type { ExdataTransactions } from './transactions.js';
import type { WorkRow } from './work.columns.js';

/** What went wrong while no caller was there to be told. */
export interface WorkFault {
  readonly ref: ExdataJobRef;
  readonly error: unknown;
  /** The row, where it had been read. */
  readonly row?: WorkRow;
  /** When the row is tried again (epoch ms), where that is known. */
  readonly retryAt?: number;
  /** Whether the database was away, so that the row could not be read or written. */
  readonly databaseAway?: boolean;
}

/** How long a database that is away is left alone, in milliseconds. */
const rest = { firstMs: 1_000, maxMs: 15_000 };

/**
 * Sees what goes wrong in the work on rows, tells of it, and says how long a database that is away is to be left alone.
 */
export class WorkWatch {
  readonly #backoff: Backoff;
  #isAway = false;
  #notBefore = -Infinity;

  /** @param onBack called when the database answers again */
  constructor(
    private readonly clock: ExdataClock,
    random: Random,
    private readonly transactions: Pick<ExdataTransactions, 'isAway'>,
    private readonly tell: (fault: WorkFault) => void,
    private readonly onBack: () => void = () => undefined,
  ) {
    this.#backoff = new Backoff(rest, random);
  }

  /** How long to leave the database alone from now on, in milliseconds; 0 where it is well. */
  get restMs(): number {
    const left = this.#notBefore - this.clock.now();
    // A clock that was set back must not put it off.
    return this.#isAway && left > 0 && left <= rest.maxMs ? left : 0;
  }

  /** Until when to leave the database alone (epoch ms); null where it is well. */
  get restUntil(): number | null {
    return this.restMs > 0 ? this.clock.now() + this.restMs : null;
  }

  failed(fault: WorkFault): void {
    this.tell(fault);
  }

  /** A row could not be read or written. */
  unreached(ref: ExdataJobRef, error: unknown): void {
    const databaseAway = this.transactions.isAway(error);
    // What else had begun by then fails with it, and is the same failure.
    if (databaseAway && this.restMs === 0) this.#notBefore = this.clock.now() + this.#backoff.next();
    this.#isAway ||= databaseAway;
    this.tell({ ref, error, databaseAway });
  }

  /** The database answered. */
  reached(): void {
    if (!this.#isAway) return;
    this.#isAway = false;
    this.#backoff.reset();
    this.onBack();
  }
}
