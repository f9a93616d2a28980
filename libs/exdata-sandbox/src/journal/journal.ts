import type { DeliveryEntry, JournalEntry, RequestEntry } from './entries.js';

/** How long to wait, and what ends the waiting early. */
export interface WaitOptions {
  /** Real milliseconds, whatever the simulator's clock says: it guards a test that would hang. 10,000 by default. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/** Everything that came in and went out, in order, for tests to assert on. */
export class Journal {
  private readonly entries = new Map<number, JournalEntry>();
  private readonly watchers = new Set<(entry: JournalEntry) => void>();
  private seq = 0;

  /** @param capacity entries kept; the oldest go first */
  constructor(private readonly capacity: number) {}

  /** All entries as they are now, oldest first. */
  all(): readonly JournalEntry[] {
    return [...this.entries.values()];
  }

  /** The requests that match, oldest first. */
  requests(predicate: (entry: RequestEntry) => boolean = () => true): readonly RequestEntry[] {
    return this.all().filter((entry) => entry.kind === 'request' && predicate(entry)) as RequestEntry[];
  }

  /** The delivery attempts that match, oldest first. */
  deliveries(predicate: (entry: DeliveryEntry) => boolean = () => true): readonly DeliveryEntry[] {
    return this.all().filter((entry) => entry.kind === 'delivery' && predicate(entry)) as DeliveryEntry[];
  }

  /**
   * The first entry that matches, now or as soon as there is one: entries are looked at when they are added and
   * whenever they change.
   * @throws {Error} when `timeoutMs` passes first; the signal's reason when it is aborted first
   */
  waitFor<E extends JournalEntry>(predicate: (entry: JournalEntry) => entry is E, options?: WaitOptions): Promise<E>;
  waitFor(predicate: (entry: JournalEntry) => boolean, options?: WaitOptions): Promise<JournalEntry>;
  waitFor(
    predicate: (entry: JournalEntry) => boolean,
    { timeoutMs = 10_000, signal }: WaitOptions = {},
  ): Promise<JournalEntry> {
    const found = this.all().find(predicate);
    if (found !== undefined) return Promise.resolve(found);
    return new Promise((resolve, reject) => {
      const finish = (settle: () => void): void => {
        this.watchers.delete(watch);
        clearTimeout(timer);
        signal?.removeEventListener('abort', abort);
        settle();
      };
      const watch = (entry: JournalEntry): void => {
        if (predicate(entry)) finish(() => resolve(entry));
      };
      const abort = (): void =>
        finish(() => reject(signal?.reason instanceof Error ? signal.reason : new Error('The waiting was aborted.')));
      const timer = setTimeout(() => {
        finish(() =>
          reject(
            new Error(`The journal had no such entry within ${timeoutMs} ms; it holds ${this.entries.size} entries.`),
          ),
        );
      }, timeoutMs);
      this.watchers.add(watch);
      if (signal?.aborted === true) abort();
      else signal?.addEventListener('abort', abort, { once: true });
    });
  }

  /** {@link waitFor} over requests alone. */
  waitForRequest(predicate: (entry: RequestEntry) => boolean, options?: WaitOptions): Promise<RequestEntry> {
    return this.waitFor((entry): entry is RequestEntry => entry.kind === 'request' && predicate(entry), options);
  }

  /** {@link waitFor} over delivery attempts alone. */
  waitForDelivery(predicate: (entry: DeliveryEntry) => boolean, options?: WaitOptions): Promise<DeliveryEntry> {
    return this.waitFor((entry): entry is DeliveryEntry => entry.kind === 'delivery' && predicate(entry), options);
  }

  /** Forgets what happened so far; the numbering goes on. */
  clear(): void {
    this.entries.clear();
  }

  /** Adds an entry. */
  add<E extends JournalEntry>(entry: Omit<E, 'seq'>): JournalLine<E> {
    const seq = ++this.seq;
    const line = new JournalLine<E>({ ...entry, seq } as E, (changed) => this.put(changed));
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.capacity) break;
      this.entries.delete(oldest);
    }
    return line;
  }

  private put(entry: JournalEntry): void {
    this.entries.set(entry.seq, entry);
    for (const watch of [...this.watchers]) watch(entry);
  }
}

/** The writer's hold on one entry. */
export class JournalLine<E extends JournalEntry> {
  constructor(
    private current: E,
    private readonly put: (entry: E) => void,
  ) {
    put(current);
  }

  get entry(): E {
    return this.current;
  }

  update(patch: Partial<Omit<E, 'kind' | 'seq'>>): void {
    this.current = { ...this.current, ...patch };
    this.put(this.current);
  }
}
