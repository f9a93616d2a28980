import type { ExdataVerifiedDelivery } from '../verified-delivery.js';

/** A delivery as the inbox stores it. */
export interface InboxRow extends ExdataVerifiedDelivery {
  readonly id: string;
  /** Epoch ms. */
  readonly receivedAt: number;
  /** SHA-256 of the body, in hex. */
  readonly bodySha256: string;
  /** Until when a worker of this process has it (epoch ms); null where it is to be claimed first. */
  readonly leaseUntil: number | null;
}

export interface InboxFault {
  /** The database's code for it; never its message, which may hold a row's values. */
  readonly code: string;
  /** Whether it lies in what stands in a row, so that the others may be stored without it. */
  readonly isOfARow: boolean;
}

/** How the inbox's rows get into its table. What differs between databases is behind it. */
export abstract class InboxTable {
  /** How many batches may be under way at once without harm to their speed. */
  abstract readonly atOnce: number;

  /**
   * Inserts the rows, all or none, and resolves once they are committed. A row whose account, delivery id and bytes are
   * there already is passed over.
   *
   * @param rows no two of them with the same account, delivery id and bytes
   * @returns the ids of those that are new
   */
  abstract insert(rows: readonly InboxRow[]): Promise<ReadonlySet<string>>;

  /** What may be told of a failed {@link insert}. */
  abstract faultOf(error: unknown): InboxFault;
}
