export interface ReplaySettings {
  /** Least time between two reads of a document for replays, in milliseconds. */
  readonly replayReadEveryMs: number;
}
