import { Injectable } from '@nestjs/common';
import { AccountsLeft, EXDATA_CLOCK, hasPassed } from '../../dispatch/index.js';
import type { ExdataClock } from '../../dispatch/index.js';
import { EXDATA_WORK } from '../../config/index.js';
import { Inject } from '../../injection/index.js';
import type { ExdataAccountState } from './account.entity.js';
import { ExdataAccounts } from './exdata-accounts.js';
import { GatePasses } from './gate-passes.js';
import { RefusedTokens } from './refused-tokens.js';

/**
 * The longest time between two calls of a source whose value is kept, such as a provider's, while that value is
 * refused: milliseconds.
 */
const longestWaitMs = 10_000;

/** When a source was last asked past what is kept of it, and how long it is then left alone. */
interface Asked {
  readonly at: number;
  readonly waitMs: number;
}

export interface OwnTokenSettings {
  /** A source is asked anew after so many milliseconds, then ever more rarely. */
  readonly sweepEveryMs: number;
}

/** Compares the tokens that this process holds with those that exdata has refused. */
@Injectable()
export class OwnTokens {
  /** By hold, or by account where none is on hold. */
  readonly #asked = new Map<string, Asked>();

  constructor(
    @Inject(ExdataAccounts) private readonly accounts: ExdataAccounts,
    @Inject(AccountsLeft) private readonly left: AccountsLeft,
    @Inject(GatePasses) private readonly passes: GatePasses,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(EXDATA_WORK) private readonly settings: OwnTokenSettings,
  ) {}

  /** Whether the account may be one that this process has to leave: what costs no look at the token's source. */
  isInDoubt({ refusedTokens }: ExdataAccountState): boolean {
    return refusedTokens !== null && RefusedTokens.of(refusedTokens).isServed(this.clock.now());
  }

  /**
   * exdata has refused the token that this process sent: until that is written, and seen whether another process holds
   * another one, nothing more begins here for the account.
   */
  suspect(account: string): void {
    this.left.leave(account);
    this.passes.revoke(account);
  }

  /** The account is on hold for all processes alike. */
  unsuspect(account: string): void {
    this.left.takeUp(account);
  }

  /** Whether this process leaves the account to others. */
  leaves(account: string): boolean {
    return this.left.here.includes(account);
  }

  /**
   * Whether exdata refused the token that this process holds, while a process lives that holds another. A refused one
   * is not sent again: each time it would put the account on hold for that process too. If so, no more of the account's
   * rows are taken here.
   */
  async isRefused(row: ExdataAccountState): Promise<boolean> {
    const api = this.isInDoubt(row) ? this.accounts.find(row.account)?.api : undefined;
    if (api === undefined) return false;
    const refused = RefusedTokens.of(row.refusedTokens);
    const isRefused = refused.has(await api.tokenPrint(refused.key).catch(() => ''));
    if (isRefused) this.left.leave(row.account);
    return isRefused;
  }

  /**
   * The print of the token that this process holds, for which a source that gives a refused one is asked anew from time
   * to time; null where there is no such account, or its source fails.
   */
  async look(row: ExdataAccountState): Promise<string | null> {
    const api = this.accounts.find(row.account)?.api;
    const refused = RefusedTokens.of(row.refusedTokens);
    try {
      const print = (await api?.tokenPrint(refused.key)) ?? null;
      if (!api || print === null || !refused.has(print) || !this.#isTimeToAsk(row)) return print;
      return await api.tokenPrint(refused.key, { anew: true });
    } catch {
      return null;
    }
  }

  /** Forgets when the sources of accounts were asked that have nothing refused any more. */
  forgetAllBut(rows: readonly ExdataAccountState[]): void {
    const keys = rows.map(keyOf);
    for (const key of this.#asked.keys()) if (!keys.includes(key)) this.#asked.delete(key);
  }

  #isTimeToAsk(row: ExdataAccountState): boolean {
    const key = keyOf(row);
    const now = this.clock.now();
    const last = this.#asked.get(key);
    if (last && !hasPassed(last.waitMs, last.at, now)) return false;
    const waitMs = Math.min(longestWaitMs, (last?.waitMs ?? this.settings.sweepEveryMs / 2) * 2);
    this.#asked.set(key, { at: now, waitMs });
    return true;
  }
}

const keyOf = ({ holdId, account }: ExdataAccountState): string => holdId ?? account;
