import type { Variables } from './variables.js';

/** What reading secrets needs of its surroundings. */
export interface SourceContext {
  readonly clock: {
    /** Epoch ms. */
    now(): number;
    /** Runs `run` once after `ms` milliseconds; the returned function cancels it. */
    after(ms: number, run: () => void): () => void;
  };
  /** Told, once for each new fault, that a secret could not be renewed and the last good value stays in place. */
  readonly warn: (fault: string) => void;
  readonly variables: Variables;
}
