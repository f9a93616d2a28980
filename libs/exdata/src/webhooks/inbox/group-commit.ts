import { Injectable } from '@nestjs/common';
import { EXDATA_CLOCK, inOwnContext } from '../../dispatch/index.js';
import type { ExdataClock } from '../../dispatch/index.js';
import { InboxUnavailableError } from '../inbox-errors.js';
import type { NotStoredReason } from '../inbox-errors.js';
import { Arrivals } from './arrivals.js';
import { batchOf } from './batch.js';
import type { BatchEntry } from './batch.js';
import type { InboxSettings } from './inbox-settings.js';
import type { InboxRow } from './inbox-table.js';
import { InboxTable } from './inbox-table.js';
import type { StoreResult, WaitingDelivery } from './waiting-delivery.js';
import { WaitingLine } from './waiting-line.js';
import { EXDATA_INBOX } from '../../config/index.js';
import { Inject } from '../../injection/index.js';

/**
 * Inserts whose senders wait no longer. They no longer hold up those that come after, since a connection may be dead
 * without knowing it; but with so many the database is left alone until it has answered one.
 */
const mostOverdue = 8;

/**
 * Puts deliveries into the inbox, many with one statement: those that come while an insert is running share the next
 * one. Each learns what became of its own row. What waits is bounded, and so is how long.
 */
@Injectable()
export class GroupCommit {
  readonly #line = new WaitingLine();
  readonly #arrivals: Arrivals;
  /** All that are not answered yet, the oldest first. */
  readonly #unanswered = new Set<WaitingDelivery>();
  #heldRows = 0;
  #heldBytes = 0;
  /** Inserts under way, without those that are overdue. */
  #running = 0;
  #overdue = 0;
  #isPlanned = false;
  /** Deliveries of the last insert. */
  #lastBatch = 0;
  #isStopping = false;
  #whenAnswered: (() => void)[] = [];

  constructor(
    @Inject(InboxTable) private readonly table: InboxTable,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(EXDATA_INBOX) private readonly settings: InboxSettings,
  ) {
    this.#arrivals = new Arrivals(clock, settings.deadlineMs, () => this.#turnAwayLate());
  }

  /** Deliveries that are waiting or being inserted, as the high-water mark counts them. */
  get held(): number {
    return this.#heldRows;
  }

  /**
   * Resolves once the row is committed.
   *
   * @throws {@link InboxUnavailableError} when it could not be stored in time. It may be stored all the same, a moment
   * later.
   */
  store(row: InboxRow): Promise<StoreResult> {
    const { highWaterRows, highWaterBytes } = this.settings;
    if (this.#isStopping) return Promise.reject(this.#unavailable('stopping'));
    if (this.#heldRows >= highWaterRows || this.#heldBytes >= highWaterBytes)
      return Promise.reject(this.#unavailable('full'));
    return new Promise((resolve, reject) => {
      const delivery = { row, arrival: this.#arrivals.add(), resolve, reject };
      this.#unanswered.add(delivery);
      this.#line.add(delivery);
      this.#heldRows++;
      this.#heldBytes += row.body.length;
      this.#plan();
    });
  }

  /**
   * Takes nothing further, and resolves when everybody is answered; that is within the deadline. Safe to call twice.
   */
  async drain(): Promise<void> {
    this.#isStopping = true;
    if (this.#unanswered.size > 0) await new Promise<void>((resolve) => this.#whenAnswered.push(resolve));
  }

  /**
   * In a moment, so that what arrives together is inserted together, and answers go out before the next insert is made
   * ready.
   */
  #plan(): void {
    if (this.#isPlanned) return;
    this.#isPlanned = true;
    const waiting = this.#line.length;
    // What many senders share is none of theirs.
    inOwnContext(() => setImmediate(() => this.#insertUnlessMoreCome(waiting)));
  }

  /**
   * While one request comes after the other, half as many are waited for as shared the last insert: else the first of
   * those that were just answered would get an insert for itself, and all others would wait for that. Where nobody
   * follows, nobody waits.
   */
  #insertUnlessMoreCome(before: number): void {
    const waiting = this.#line.length;
    if (waiting > before && waiting < this.#lastBatch / 2) {
      setImmediate(() => this.#insertUnlessMoreCome(waiting));
      return;
    }
    this.#isPlanned = false;
    while (this.#line.length > 0 && this.#running < this.table.atOnce && this.#overdue < mostOverdue)
      void this.#run(this.#line.takeBatch(this.settings));
  }

  async #run(deliveries: readonly WaitingDelivery[]): Promise<void> {
    const run = { isOverdue: false };
    const cancel = this.clock.after(this.settings.deadlineMs, () => {
      run.isOverdue = true;
      this.#running--;
      this.#overdue++;
      this.#plan();
    });
    this.#running++;
    this.#lastBatch = deliveries.length;
    await this.#insert(batchOf(deliveries));
    cancel();
    if (run.isOverdue) this.#overdue--;
    else this.#running--;
    this.#release(deliveries);
    this.#plan();
  }

  /** Answers each of the batch. Never rejects. */
  async #insert(batch: readonly BatchEntry[]): Promise<void> {
    try {
      const fresh = await this.table.insert(batch.map(({ row }) => row));
      for (const { row, first, copies } of batch) {
        this.#answered(first).resolve(fresh.has(row.id) ? 'fresh' : 'duplicate');
        for (const copy of copies) this.#answered(copy).resolve('duplicate');
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
      for (const { first, copies } of batch)
        for (const delivery of [first, ...copies]) this.#answered(delivery).reject(unavailable);
    }
  }

  /** To be told what became of it; where that comes too late, nobody hears it. */
  #answered(delivery: WaitingDelivery): WaitingDelivery {
    if (this.#unanswered.delete(delivery)) this.#arrivals.answered(delivery.arrival);
    if (this.#unanswered.size === 0) for (const done of this.#whenAnswered.splice(0)) done();
    return delivery;
  }

  #turnAwayLate(): void {
    const late = this.#unavailable('late');
    // What waits for its insert is dropped; what is being inserted is held until the database has answered.
    this.#release(this.#line.takeLate());
    for (const delivery of this.#unanswered) {
      if (!delivery.arrival.isLate) return;
      this.#answered(delivery).reject(late);
    }
  }

  #release(deliveries: readonly WaitingDelivery[]): void {
    this.#heldRows -= deliveries.length;
    for (const { row } of deliveries) this.#heldBytes -= row.body.length;
  }

  #unavailable(reason: NotStoredReason, fault?: string): InboxUnavailableError {
    return new InboxUnavailableError(reason, this.settings.retryAfterMs, fault);
  }
}
