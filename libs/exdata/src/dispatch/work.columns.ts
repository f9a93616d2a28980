import { Column } from 'typeorm';
import type { ValueTransformer } from 'typeorm';
import { toldText } from './told-text.js';
import type { ExdataMode } from './mode.js';

/**
 * A whole number in a bigint column, read back as a number where the driver returns text: bytes, and times as
 * milliseconds since the epoch, which are the same instant on every database and in every time zone.
 */
export const wholeNumber: ValueTransformer = {
  to: (value: number | null | undefined) => value,
  from: (value: string | number | null) => (value === null ? null : Number(value)),
};

/**
 * The group of columns by which a row is worked on: claimed under a lease, guarded by a fence, retried when due.
 * Every table with work to do embeds it, so that one claim, one retry schedule and one sweeper serve them all.
 */
export class Work {
  /** When the next step is due (epoch ms); null when there is nothing left to do, or when the row is parked. */
  @Column({ name: 'due_at', type: 'bigint', nullable: true, transformer: wholeNumber })
  dueAt!: number | null;

  /** Until when the current worker holds the row (epoch ms); null when nobody does. */
  @Column({ name: 'lease_until', type: 'bigint', nullable: true, transformer: wholeNumber })
  leaseUntil!: number | null;

  /** Raised by each claim; a write that carries an older fence is refused. */
  @Column({ name: 'fence', type: 'int' })
  fence!: number;

  /** How often a worker began. A start without a finish is a worker that died. */
  @Column({ name: 'starts', type: 'int' })
  starts!: number;

  /** Starts that are accounted for: their worker ended in good order, whatever the result, or a later one succeeded. */
  @Column({ name: 'finishes', type: 'int' })
  finishes!: number;

  /** Failed attempts in a row; waiting for a limit or a not-before does not count. */
  @Column({ name: 'failures', type: 'int' })
  failures!: number;

  /** Code and message of the last failure. */
  @Column({ name: 'last_error', type: 'text', nullable: true, transformer: toldText() })
  lastError!: string | null;
}

/** A row that can be worked on. */
export interface WorkRow {
  id: string;
  /** Worked on by processes of this mode alone. */
  mode: ExdataMode;
  work: Work;
}

/** Columns of a row other than those by which it is worked on. */
export type RestColumns<Row extends WorkRow = WorkRow> = Partial<Omit<Row, 'id' | 'mode' | 'work'>>;

/** The columns of a row that is inserted with a lease until `leaseUntil` (epoch ms): its first start is counted. */
export function bornWork(dueAt: number, leaseUntil: number): Work {
  return Object.assign(newWork(dueAt), { leaseUntil, fence: 1, starts: 1 });
}

/** The columns of a row whose work falls due at `dueAt` (epoch ms). */
export function newWork(dueAt: number | null): Work {
  return Object.assign(new Work(), {
    dueAt,
    leaseUntil: null,
    fence: 0,
    starts: 0,
    finishes: 0,
    failures: 0,
    lastError: null,
  });
}

/** Work that is put away: the fence is raised, so that a worker that is at it now writes nothing any more. */
export const putAway = {
  dueAt: null,
  leaseUntil: null,
  fence: () => 'fence + 1',
  finishes: () => 'starts',
  lastError: null,
} as const;
