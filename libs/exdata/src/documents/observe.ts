import type { ExdataDocumentData } from '../api/index.js';
import type { ExdataDocumentState, TerminalStatus } from './document-state.js';
import { isTerminal, mayFollow } from './document-state.js';

/** A document as exdata showed it to us, and in which exchange. */
export interface Observation {
  readonly document: ExdataDocumentData;
  readonly via: 'upload' | 'webhook' | 'poll' | 'refresh' | 'reconcile';
  /** X-Request-ID of the exchange; null where there was none. */
  readonly requestId: string | null;
  /** It came with 402: what is blocked is blocked for want of credits, whatever reason it names. */
  readonly credits?: true;
  /** A person asked for it: handlers that have no run for it are called whenever it ended. */
  readonly asked?: boolean;
  /**
   * No other row is looked for that is linked to the document: should there be one, the unique index refuses the
   * transaction.
   */
  readonly isNew?: boolean;
  /** X-Delivery of the webhook that made us look. */
  readonly deliveryId?: string;
}

/** What the state machine needs to know of a row. */
export interface Standing {
  readonly state: ExdataDocumentState;
  readonly exdataId: string | null;
  readonly runId: string | null;
}

/** What an observation means for a row. */
export interface Verdict {
  readonly state: ExdataDocumentState;
  readonly runId: string | null;
  /** The observation is older than what the row knows, and changes nothing. */
  readonly stale: boolean;
  /** exdata contradicts its own final state; the first one stands until a person has looked. */
  readonly conflict: boolean;
  /** exdata's status is none that the contract knows; the document is taken to be still pending. */
  readonly unknownStatus: boolean;
  /** The final state that handlers are to be called for, if this observation is the first to show it. */
  readonly reached: TerminalStatus | null;
}

/**
 * The state machine: pure, and the same for an upload's answer, a confirmed webhook and a poll, in whatever order they
 * come. A final state stands; only a later extraction run, or the resumption of a blocked document, moves it.
 */
export function observe(row: Standing, seen: Pick<ExdataDocumentData, 'status' | 'latestExtractionRun'>): Verdict {
  const state: ExdataDocumentState = isTerminal(seen.status) ? seen.status : 'pending';
  const unknownStatus = state === 'pending' && seen.status !== 'pending';
  const seenRun = seen.latestExtractionRun?.id ?? null;
  const unchanged = { state: row.state, runId: row.runId, conflict: false, unknownStatus, reached: null };

  const order = compareRuns(row.runId, seenRun);
  if (order === 'older') return { ...unchanged, stale: true };
  const newRun = order === 'newer';
  const runId = seenRun ?? row.runId;
  // A final state of ours that exdata is seen to hold for the first time is still to be told.
  if (row.state === state && !newRun && row.exdataId !== null) return { ...unchanged, runId, stale: false };
  const isLate = state === 'pending' && row.state === 'blocked' && row.exdataId !== null && !newRun;
  if (isLate || !mayFollow(row.state, state, newRun)) {
    const conflict = isTerminal(row.state) && isTerminal(state) && row.state !== state;
    return { ...unchanged, runId: row.runId ?? seenRun, stale: !conflict, conflict };
  }
  return { state, runId, stale: false, conflict: false, unknownStatus, reached: isTerminal(state) ? state : null };
}

/**
 * How the observed run stands to the known one. An observation that names no run speaks of the known one; one that
 * names the first adds to it.
 */
function compareRuns(known: string | null, seen: string | null): 'same' | 'newer' | 'older' {
  if (known === null || seen === null || known === seen) return 'same';
  const whole = /^\d{1,30}$/;
  if (whole.test(known) && whole.test(seen)) return BigInt(seen) > BigInt(known) ? 'newer' : 'older';
  return 'newer';
}
