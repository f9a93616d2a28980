import type { Variables } from './variables.js';

/** What reading secrets needs of its surroundings. */
export interface SourceContext {
  readonly clock: {
    /** Epoch ms. */
    now(): number;
    /** Runs `run` once after `ms` milliseconds; the returned function cancels it. */
    after(ms: number, run: () => void): () => void;
  };
  /** Told at each use of a secret that it could not be renewed, so that the last good value stays in place. */
  readonly notRenewed: (field: string, fault: string) => void;
  /** Told at each use of a secret that it could. */
  readonly renewed: (field: string) => void;
  readonly variables: Variables;
  /** Calls what the host gave outside the context of whoever asks first: what it finds out is for all. */
  readonly apart: <T>(call: () => T) => T;
}
