import type { Settlement } from './job.js';

/** How a look at a row ended, for the dispatcher that asked for it: the row itself is written already. */
export interface ExdataWorkReport {
  readonly outcome:
    /** The work succeeded; a next step, if there is one, is another dispatch. */
    | 'done'
    /** The attempt failed; `dueAt` says when the row is tried again, null that it is given up. */
    | 'failed'
    /** Not possible before `dueAt`: not due yet, held by a worker, or waiting for a limit. */
    | 'waiting'
    /** Not possible until somebody makes it due again. */
    | 'parked'
    /** There is no such work, or not any more. */
    | 'nothing';
  /** When to look at the row again (epoch ms), null for never. */
  readonly dueAt: number | null;
  /** What failed, in one word; the row's `last_error` has the text, which may be more than a queue should keep. */
  readonly error?: string;
}

export const nothing: ExdataWorkReport = { outcome: 'nothing', dueAt: null };

/** What a settlement looks like from outside. */
export function reportOf(settlement: Settlement): ExdataWorkReport {
  const { kind, dueAt } = settlement;
  if (kind === 'done') return { outcome: 'done', dueAt };
  const error = wordFor(settlement.error);
  if (kind === 'failed') return { outcome: 'failed', dueAt, error };
  return { outcome: dueAt === null ? 'parked' : 'waiting', dueAt, error };
}

/** The code or error name that the text of a failure begins with. */
export function wordFor(text: string): string {
  return /^[\w.-]{1,64}(?=:|$)/.exec(text)?.[0] ?? 'error';
}
