import type { Clock } from '../../dispatch/index.js';
import { InboxUnavailableError } from '../inbox-errors.js';
import type { NotStoredReason } from '../inbox-errors.js';
import { inOrder } from './batch.js';
import type { InboxSettings } from './inbox-settings.js';
import type { InboxRow, InboxTable } from './inbox-table.js';
import type { StoreResult, WaitingDelivery } from './waiting-delivery.js';
import { WaitingLine } from './waiting-line.js';
import type { Copies } from './waiting-line.js';

/**
 * Inserts whose sender waits no longer, beyond those that the table takes at once. A connection that is dead without knowing it would else
 * hold up all that come after; further ones wait until the database has answered one.
 */
const mostOverdue = 8;

/**
 * Puts deliveries into the inbox, many with one statement: those that come while an insert is running share the next one. Each learns what
 * became of its own row. What waits is bounded, and so is how long.
 */
export class GroupCommit {
  readonly #line = new WaitingLine();
  /** All that are not answered yet, the oldest first. */
  readonly #unanswered = new Set<WaitingDelivery>();
  #heldRows = 0;
  #heldBytes = 0;
  /** Inserts under way, without those that are overdue. */
  #running = 0;
  #overdue = 0;
  #isPlanned = false;
  #unwatch: (() => void) | null = null;
  #stopping = false;
  #whenAnswered: (() => void)[] = [];

  constructor(
    private readonly table: InboxTable,
    private readonly clock: Clock,
    private readonly settings: InboxSettings,
  ) {}

  /** Deliveries that are waiting or being inserted, as the high-water mark counts them. */
  get held(): number {
    return this.#heldRows;
  }

  /**
   * Resolves once the row is committed.
   *
   * @throws {@link InboxUnavailableError} when it could not be stored in time. It may be stored all the same, a moment later.
   */
  store(row: InboxRow): Promise<StoreResult> {
    const { highWaterRows, highWaterBytes, deadlineMs } = this.settings;
    if (this.#stopping) return Promise.reject(this.#unavailable('stopping'));
    if (this.#heldRows >= highWaterRows || this.#heldBytes >= highWaterBytes) return Promise.reject(this.#unavailable('full'));
    return new Promise((answer, turnAway) => {
      const delivery = { row, answerBy: this.clock.now() + deadlineMs, answer, turnAway };
      this.#heldRows++;
      this.#heldBytes += row.body.length;
      this.#unanswered.add(delivery);
      this.#line.add(delivery);
      this.#plan();
      this.#watch();
    });
  }

  /** Takes nothing further, and resolves when everybody is answered; that is within the deadline. Safe to call twice. */
  async drain(): Promise<void> {
    this.#stopping = true;
    if (this.#unanswered.size > 0) await new Promise<void>((resolve) => this.#whenAnswered.push(resolve));
  }

  /** In a moment, so that what arrives together is inserted together, and answers go out before the next insert is made ready. */
  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    setImmediate(() => {
      this.#isPlanned = false;
      while (this.#line.length > 0 && this.#running < this.table.atOnce && this.#overdue < mostOverdue)
        void this.#run(this.#line.takeBatch(this.settings));
    });
  }

  async #run(batch: readonly Copies[]): Promise<void> {
    const run = { overdue: false };
    const cancel = this.clock.after(this.settings.deadlineMs, () => {
      run.overdue = true;
      this.#running--;
      this.#overdue++;
      this.#plan();
    });
    this.#running++;
    await this.#insert(batch);
    cancel();
    if (run.overdue) this.#overdue--;
    else this.#running--;
    for (const { row } of batch.flat()) this.#release(row);
    this.#plan();
  }

  /** Answers each of the batch. Never rejects. */
  async #insert(batch: readonly Copies[]): Promise<void> {
    try {
      const results = await this.table.insert(inOrder(batch.map(([{ row }]) => row)));
      for (const [first, ...copies] of batch) {
        this.#answer(first, results.get(first.row.id) ?? 'duplicate');
        for (const copy of copies) this.#answer(copy, 'duplicate');
      }
    } catch (error) {
      const { code, isOfARow } = this.table.faultOf(error);
      if (isOfARow && batch.length > 1) {
        // Half by half down to the row at fault, which alone goes without.
        const middle = batch.length >> 1;
        await this.#insert(batch.slice(0, middle));
        await this.#insert(batch.slice(middle));
        return;
      }
      const unavailable = this.#unavailable('failed', code);
      for (const delivery of batch.flat()) this.#turnAway(delivery, unavailable);
    }
  }

  #answer(delivery: WaitingDelivery, result: StoreResult): void {
    delivery.answer(result);
    this.#forget(delivery);
  }

  #turnAway(delivery: WaitingDelivery, error: InboxUnavailableError): void {
    delivery.turnAway(error);
    this.#forget(delivery);
  }

  #forget(delivery: WaitingDelivery): void {
    this.#unanswered.delete(delivery);
    if (this.#unanswered.size > 0) return;
    this.#unwatch?.();
    this.#unwatch = null;
    for (const done of this.#whenAnswered.splice(0)) done();
  }

  #release({ body }: InboxRow): void {
    this.#heldRows--;
    this.#heldBytes -= body.length;
  }

  /** One timer for all: those who wait longest stand first. */
  #watch(): void {
    if (this.#unwatch) return;
    const [oldest] = this.#unanswered;
    if (!oldest) return;
    this.#unwatch = this.clock.after(Math.max(oldest.answerBy - this.clock.now(), 0), () => {
      this.#unwatch = null;
      this.#turnAwayLate();
      this.#watch();
    });
  }

  #turnAwayLate(): void {
    const now = this.clock.now();
    const late = this.#unavailable('late');
    // What waits for its insert is dropped; what is being inserted is held until the database has answered.
    for (const { row } of this.#line.takeLate(now)) this.#release(row);
    for (const delivery of this.#unanswered) {
      if (delivery.answerBy > now) return;
      this.#turnAway(delivery, late);
    }
  }

  #unavailable(reason: NotStoredReason, fault?: string): InboxUnavailableError {
    return new InboxUnavailableError(reason, this.settings.retryAfterMs, fault);
  }
}
