import type { ExdataAccount, ExdataAccounts } from './exdata-accounts.js';

/** Of the accounts, the one called `default`, or the first. */
export const mainOf = (accounts: ExdataAccounts): ExdataAccount =>
  accounts.find('default') ?? accounts.get(accounts.names[0]);
