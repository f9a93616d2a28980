import { Injectable } from '@nestjs/common';

/**
 * Rows that found their account's gate open as they were inserted, and may be sent without another look. A pass is void
 * once this process closes the gate, or may have: then no worker sends more than the one row that it had at that time.
 */
@Injectable()
export class GatePasses {
  /** The accounts, by row. */
  readonly #given = new Map<string, string>();

  /** To be called before the gate is looked at: what closes it meanwhile is else missed. */
  give(rowId: string, account: string): void {
    this.#given.set(rowId, account);
  }

  /** Whether the row has a pass; now it has none any more. */
  use(rowId: string): boolean {
    return this.#given.delete(rowId);
  }

  revoke(account: string): void {
    for (const [rowId, of] of this.#given) if (of === account) this.#given.delete(rowId);
  }
}
