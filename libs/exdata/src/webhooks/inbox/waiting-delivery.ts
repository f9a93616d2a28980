import type { InboxUnavailableError } from '../inbox-errors.js';
import type { Arrival } from './arrivals.js';
import type { InboxRow } from './inbox-table.js';

/** `fresh`: stored. `duplicate`: the same bytes came under the same id before. */
export type StoreResult = 'fresh' | 'duplicate';

/** A delivery whose sender waits for an answer. */
export interface WaitingDelivery {
  readonly row: InboxRow;
  /** With whom it came; once that is late, the sender is turned away. */
  readonly arrival: Arrival;
  readonly resolve: (result: StoreResult) => void;
  readonly reject: (error: InboxUnavailableError) => void;
}
