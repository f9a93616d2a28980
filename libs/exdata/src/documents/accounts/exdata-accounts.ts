import type { ExdataApi } from '../../api/index.js';
import type { ExdataMode } from '../../dispatch/index.js';
import { ExdataInputError } from '../errors.js';
import type { AccountKey } from './account-key.js';

/** An account at exdata, as configured. */
export interface ExdataAccount {
  /** As the configuration names it. */
  readonly name: string;
  /** Its client; `InjectExdataApi(name)` injects the same. */
  readonly api: ExdataApi;
  /** Contact of its owner, for alerts. */
  readonly owner: string | null;
}

/** The accounts of the configuration, each with its client. */
export class ExdataAccounts {
  readonly #accounts: ReadonlyMap<string, ExdataAccount>;

  constructor(
    accounts: readonly ExdataAccount[],
    /** Of all of them. */
    readonly mode: ExdataMode,
  ) {
    this.#accounts = new Map(accounts.map((account) => [account.name, account]));
  }

  /** Of all accounts, in the order of the configuration. */
  get names(): string[] {
    return [...this.#accounts.keys()];
  }

  /** The account of exactly that name, or undefined. */
  find(name: string): ExdataAccount | undefined {
    return this.#accounts.get(name);
  }

  /**
   * The account of that name; without a name the one called `default`, or the only one.
   * @throws {ExdataInputError} when there is none, naming those that there are
   */
  get(name?: string): ExdataAccount {
    const found = this.#accounts.get(name ?? (this.#accounts.size === 1 ? (this.names[0] ?? '') : 'default'));
    if (!found)
      throw new ExdataInputError('account', `must be one of the configured accounts: ${this.names.join(', ')}`);
    return found;
  }

  /**
   * What stands in the ledger for the account of that name, found as by {@link get}.
   * @throws {ExdataInputError} when there is none
   */
  key(name?: string): AccountKey {
    return { mode: this.mode, account: this.get(name).name };
  }

  /** Ends the connections of all clients. */
  async close(): Promise<void> {
    await Promise.all([...this.#accounts.values()].map(({ api }) => api.close()));
  }
}
