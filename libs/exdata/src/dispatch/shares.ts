import type { ExdataClock } from './clock.js';

/** How long a piece of work waits for the share of its group before it goes back, in milliseconds. */
const patienceMs = 1_000;

/**
 * The workers of one kind of work in this process, shared out among groups of its rows, such as the rows of one
 * handler: however many rows of a group never end, those of the other groups go on. Each group may always have one
 * worker, and keeps one free while it has none.
 */
export class Shares {
  readonly #running = new Map<string, number>();
  /** Groups that had their share for as long as somebody was ready to wait; until one of theirs ends. */
  readonly #full = new Set<string>();
  readonly #waiting = new Set<() => void>();

  /**
   * @param workers rows that are worked on at once
   * @param groups those that there may be
   * @param paceMs between two pieces of work that go back because their group is full, in milliseconds
   */
  constructor(
    private readonly workers: number,
    private readonly groups: () => readonly string[],
    private readonly clock: ExdataClock,
    private readonly paceMs: number,
  ) {}

  /** Resolves to what ends the work, or to null where the group has its share and does not give it back in time. */
  async enter(group: string): Promise<(() => void) | null> {
    if (!this.#entered(group) && !(await this.#wait(group))) return null;
    return () => {
      this.#count(group, -1);
      this.#full.delete(group);
      for (const look of [...this.#waiting]) look();
    };
  }

  /** Whether one more of the group would enter at once. */
  hasRoom(group: string): boolean {
    return this.#mayEnter(group);
  }

  #entered(group: string): boolean {
    const may = this.#mayEnter(group);
    if (may) this.#count(group, 1);
    return may;
  }

  #mayEnter(group: string): boolean {
    if (!this.#running.has(group)) return true;
    const busy = [...this.#running.values()].reduce((sum, count) => sum + count, 0);
    const idle = this.groups().filter((other) => other !== group && !this.#running.has(other)).length;
    return this.workers - busy > Math.min(idle, Math.max(1, Math.floor(this.workers / 2)));
  }

  /** Resolves to whether it has entered. */
  #wait(group: string): Promise<boolean> {
    const ms = this.#full.has(group) ? this.paceMs : patienceMs;
    if (ms === 0) return Promise.resolve(false);
    return new Promise((resolve) => {
      const end = (entered: boolean): void => {
        cancel();
        this.#waiting.delete(look);
        resolve(entered);
      };
      const look = (): void => {
        if (this.#entered(group)) end(true);
      };
      const cancel = this.clock.after(ms, () => {
        this.#full.add(group);
        end(false);
      });
      this.#waiting.add(look);
    });
  }

  #count(group: string, by: number): void {
    const count = (this.#running.get(group) ?? 0) + by;
    if (count > 0) this.#running.set(group, count);
    else this.#running.delete(group);
  }
}
