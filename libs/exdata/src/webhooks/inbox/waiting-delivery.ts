import type { InboxUnavailableError } from '../inbox-errors.js';
import type { InboxRow } from './inbox-table.js';

/**
 * `fresh`: stored. `duplicate`: the same bytes came under the same id before. `conflicting-id`: stored, but other truly signed bytes came
 * under its id before.
 */
export type StoreResult = 'fresh' | 'duplicate' | 'conflicting-id';

/** A delivery whose sender has not been answered yet. */
export interface WaitingDelivery {
  readonly row: InboxRow;
  /** When its sender is turned away at the latest; epoch ms. */
  readonly answerBy: number;
  readonly answer: (result: StoreResult) => void;
  readonly turnAway: (error: InboxUnavailableError) => void;
}
