import type { WorkRow } from '../dispatch/index.js';
import type { ExdataDeadLetterReason } from './dead-letter.js';

/** What became of a handler's run: `superseded` when a later extraction run came before it. */
export type ExdataHandlerRunOutcome = 'open' | 'done' | 'superseded' | 'dead' | 'discarded';

/** A handler's run, whatever it is called for. */
export interface HandlerRun extends WorkRow {
  /** The handler's stable name. */
  handler: string;
  /** Row of ExdataHandler that it was opened for. */
  registrationId: string;
  outcome: ExdataHandlerRunOutcome;
  /** Why it is dead. */
  reason: ExdataDeadLetterReason | null;
  /** When it got its outcome (epoch ms). */
  endedAt: number | null;
  /** When a person last put it to work again (epoch ms). */
  reopenedAt: number | null;
  /** Epoch ms. */
  createdAt: number;
}

/** How a worker ended a run. */
export interface RunEnd {
  readonly outcome: 'done' | 'superseded' | 'dead';
  /** Why it is dead. */
  readonly reason: ExdataDeadLetterReason | null;
  /** What it died of. */
  readonly error?: unknown;
}
