import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { DataSource, EntityManager } from 'typeorm';
import { IsNull, Not } from 'typeorm';
import type { Write } from '../../dispatch/index.js';
import { EXDATA_DATA_SOURCE, ExdataTransactions, newWork } from '../../dispatch/index.js';
import { Inject } from '../../injection/index.js';
import type { AccountKey } from './account-key.js';
import { ExdataAccountState } from './account.entity.js';
import { ExdataAccounts } from './exdata-accounts.js';
import { GatePasses } from './gate-passes.js';

/** One row for each account in the mode of this process, which all workers of all processes honour before they send. */
@Injectable()
export class AccountRows {
  constructor(
    @Inject(EXDATA_DATA_SOURCE) private readonly dataSource: DataSource,
    @Inject(ExdataAccounts) private readonly accounts: ExdataAccounts,
    @Inject(GatePasses) private readonly passes: GatePasses,
    @Inject(ExdataTransactions) private readonly transactions: ExdataTransactions,
  ) {}

  /** What stands in the ledger for the account. */
  keyOf(account: string): AccountKey {
    return { mode: this.accounts.mode, account };
  }

  /** With a manager, as its transaction sees the row; null where nothing is known of the account. */
  find(account: string, within: EntityManager = this.dataSource.manager): Promise<ExdataAccountState | null> {
    return this.transactions.findRow(within, ExdataAccountState, this.keyOf(account));
  }

  /** Those of accounts that are on hold. */
  held(): Promise<ExdataAccountState[]> {
    const where = { mode: this.accounts.mode, holdId: Not(IsNull()) };
    return this.dataSource.manager.find(ExdataAccountState, { where, order: { account: 'ASC' } });
  }

  /** Those of accounts for which exdata has refused tokens. */
  withRefusedTokens(): Promise<ExdataAccountState[]> {
    const where = { mode: this.accounts.mode, refusedTokens: Not(IsNull()) };
    return this.dataSource.manager.find(ExdataAccountState, { where });
  }

  /**
   * Holds the account's row against other writers until the transaction ends. Taken before the rows of documents, where
   * both are needed.
   */
  async lock(write: Write, name: string): Promise<ExdataAccountState> {
    const key = this.keyOf(name);
    // Whoever locks it may be about to close its gate.
    write.afterCommit(() => this.passes.revoke(name));
    // Looked for first: an insert that finds its twin would share the row's lock with another one on MySQL, and both
    // would wait for the other to let go.
    const known = await write.lockRow(ExdataAccountState, key);
    if (known) return known;
    await write.insertUnlessThere(ExdataAccountState, { id: randomUUID(), ...key, work: newWork(null) });
    const row = await write.lockRow(ExdataAccountState, key);
    if (!row) throw new Error(`the row of account ${name} cannot be read`);
    return row;
  }
}
