import { Injectable } from '@nestjs/common';
import { AccountsLeft } from './accounts-left.js';
import { EXDATA_CLOCK } from './clock.js';
import type { ExdataClock } from './clock.js';
import type { ExdataJobKind } from './job-kinds.js';
import type { ExdataJobRef } from './job.js';
import type { LeaseSettings } from './leases.js';
import type { WorkRow } from './work.columns.js';
import { EXDATA_WORK_SETTINGS } from './work-settings.js';
import { Inject } from '../injection/index.js';

/** What says whether a row may be born: what is dispatched of it, and the account with whose token exdata is asked. */
export type BirthRef = Omit<ExdataJobRef, 'id' | 'job'> & {
  readonly job: ExdataJobKind;
  readonly account: string | null;
};

/**
 * How many rows of the kind could be worked on at once, by workers of this process that have nothing to do; null where
 * other processes may get them.
 */
export type RoomFor = (ref: BirthRef) => number | null;

/** A worker of this process that is kept for a row while that is inserted. */
export interface KeptWorker {
  /** Until when the row is leased (epoch ms). */
  readonly leaseUntil: number;
  /** The insert has ended, one way or the other. Safe to call twice. */
  release(): void;
}

/**
 * Rows that are inserted with a lease, since a worker of this process is free for them: they need no claim. A row whose
 * process dies is free again when its lease has run out, as any other is.
 */
@Injectable()
export class Births {
  readonly #born = new Map<string, { readonly ref: ExdataJobRef; readonly row: WorkRow }>();
  /** Workers that are kept for rows whose insert goes on, by kind of job. */
  readonly #kept = new Map<string, number>();
  #roomFor: RoomFor | undefined;

  constructor(
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(EXDATA_WORK_SETTINGS) private readonly settings: LeaseSettings,
    @Inject(AccountsLeft) private readonly left: AccountsLeft,
  ) {}

  /** From now on rows may be born: `roomFor` knows the workers. */
  begin(roomFor: RoomFor): void {
    this.#roomFor = roomFor;
  }

  /** No further row is born. */
  end(): void {
    this.#roomFor = undefined;
  }

  /** Keeps a worker for a row that is about to be inserted; null where none of this process is free for it. */
  keepWorker(ref: BirthRef): KeptWorker | null {
    // Other processes take the account's rows.
    if (ref.account !== null && this.left.here.includes(ref.account)) return null;
    if ((this.#freeFor(ref) ?? 0) <= 0) return null;
    this.#addKept(ref, 1);
    let isKept = true;
    const release = (): void => {
      if (isKept) this.#addKept(ref, -1);
      isKept = false;
    };
    return { leaseUntil: this.clock.now() + this.settings.leaseMs, release };
  }

  /** Whether rows of the kind are worked on in this process alone, and all its workers for them are busy. */
  isFull(ref: BirthRef): boolean {
    const free = this.#freeFor(ref);
    return free !== null && free <= 0;
  }

  /** The row is committed under its lease; whoever gets its ref next may work on it. */
  bear(ref: ExdataJobRef, row: WorkRow): void {
    this.#born.set(keyOf(ref), { ref, row });
  }

  /** Whether the row was born here, and nobody has taken it since. */
  has(ref: ExdataJobRef): boolean {
    return this.#born.has(keyOf(ref));
  }

  /** The row, if it was born here and nobody has taken it since: once. */
  take(ref: ExdataJobRef): WorkRow | undefined {
    const key = keyOf(ref);
    const born = this.#born.get(key);
    this.#born.delete(key);
    return born?.row;
  }

  /** Those that nobody has taken. */
  get waiting(): ExdataJobRef[] {
    return [...this.#born.values()].map(({ ref }) => ref);
  }

  #freeFor(ref: BirthRef): number | null {
    const room = this.#roomFor?.(ref) ?? null;
    return room === null ? null : room - (this.#kept.get(ref.job) ?? 0);
  }

  #addKept({ job }: BirthRef, count: number): void {
    this.#kept.set(job, (this.#kept.get(job) ?? 0) + count);
  }
}

const keyOf = ({ job, id }: ExdataJobRef): string => `${job} ${id}`;
