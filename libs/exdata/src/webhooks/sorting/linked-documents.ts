/** A document as a delivery names it. */
export interface NamedDocument {
  readonly account: string;
  readonly exdataId: string;
}

/** By which documents are compared. */
export const keyOf = ({ account, exdataId }: NamedDocument): string => `${account} ${exdataId}`;

/** Tells which documents are ours. What differs between databases is behind it. */
export abstract class LinkedDocuments {
  /**
   * The {@link keyOf} of those that the ledger knows, in the mode of this process. May name some that were not asked
   * for.
   */
  abstract among(named: readonly NamedDocument[]): Promise<ReadonlySet<string>>;
}
