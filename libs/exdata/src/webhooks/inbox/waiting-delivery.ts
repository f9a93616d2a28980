import type { InboxUnavailableError } from '../inbox-errors.js';
import type { InboxRow } from './inbox-table.js';

/** `fresh`: stored. `duplicate`: the same bytes came under the same id before. */
export type StoreResult = 'fresh' | 'duplicate';

/** A delivery whose sender waits for an answer. */
export interface WaitingDelivery {
  readonly row: InboxRow;
  /** When the sender is turned away at the latest; epoch ms. */
  readonly answerBy: number;
  readonly resolve: (result: StoreResult) => void;
  readonly reject: (error: InboxUnavailableError) => void;
}
