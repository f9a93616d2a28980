/** How much the inbox takes on, and how long it lets a sender wait. */
export interface InboxSettings {
  /** Rows of one insert at most. */
  readonly maxBatch: number;
  /** Bytes of the bodies of one insert, above which no further row joins it. */
  readonly maxBatchBytes: number;
  /** Deliveries held, waiting or being inserted, from which on no further one is taken. */
  readonly highWaterRows: number;
  /** The same for the bytes of their bodies. */
  readonly highWaterBytes: number;
  /** How long a sender waits for its row, in milliseconds. */
  readonly deadlineMs: number;
  /** When a sender that was turned away is told to come again, in milliseconds. */
  readonly retryAfterMs: number;
}
