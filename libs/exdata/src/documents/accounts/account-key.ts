import type { ExdataMode } from '../../dispatch/index.js';

/**
 * What whatever stands in the ledger belongs to. A search by the account alone would find what belongs to the other
 * mode.
 */
export interface AccountKey {
  readonly mode: ExdataMode;
  /** The account's name in the configuration. */
  readonly account: string;
}

/** The key that a row belongs to, and nothing else of it. */
export function keyOf({ mode, account }: AccountKey): AccountKey {
  return { mode, account };
}
