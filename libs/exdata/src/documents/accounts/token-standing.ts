import { Injectable } from '@nestjs/common';
import { AccountsLeft, EXDATA_CLOCK, Writes } from '../../dispatch/index.js';
import type { ExdataClock } from '../../dispatch/index.js';
import { Inject } from '../../injection/index.js';
import { AccountHolds } from './account-holds.js';
import type { ExdataAccountState } from './account.entity.js';
import { OwnTokens } from './own-tokens.js';
import { RefusedTokens } from './refused-tokens.js';
import { TokenLines } from './token-lines.js';

/**
 * Draws the consequences of where this process's tokens stand: ends holds for `authentication_failed` once it holds
 * another token than those that were refused, leaves accounts to processes that do, and lets the others know what it
 * holds.
 */
@Injectable()
export class TokenStanding {
  constructor(
    @Inject(OwnTokens) private readonly tokens: OwnTokens,
    @Inject(AccountHolds) private readonly holds: AccountHolds,
    @Inject(AccountsLeft) private readonly left: AccountsLeft,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(TokenLines) private readonly lines: TokenLines,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
  ) {}

  /** @param rows of all accounts for which exdata has refused tokens */
  async look(rows: readonly ExdataAccountState[]): Promise<void> {
    const before = this.left.here;
    this.tokens.forgetAllBut(rows);
    this.left.noteLeftElsewhere(rows.filter((row) => this.#isHeldSomewhere(row)).map(({ account }) => account));
    const left = await Promise.all(rows.map((row) => this.#lookAt(row)));
    for (const account of before) if (!left.includes(account)) this.#takeUp(account);
  }

  #isHeldSomewhere({ refusedTokens }: ExdataAccountState): boolean {
    return RefusedTokens.of(refusedTokens).isHeldSomewhere(this.clock.now());
  }

  /** Resolves to the account where this process is to leave it. */
  async #lookAt(row: ExdataAccountState): Promise<string | null> {
    const { account } = row;
    const print = await this.tokens.look(row);
    if (row.holdReason === 'authentication_failed') {
      if (print !== null) await this.#release(row, print);
      return null;
    }
    // A source that fails now may not at the next look; until then the account stands where it stood.
    if (print === null) return this.left.here.includes(account) ? account : null;
    const refused = RefusedTokens.of(row.refusedTokens);
    const now = this.clock.now();
    const isRefused = refused.has(print);
    const hasOthers = isRefused ? refused.isServed(now) : refused.isHeldSomewhere(now);
    if (hasOthers && refused.isToBeNoted(print, now))
      await this.writes.run((write) => this.holds.noteToken(write, account, print));
    if (!isRefused || !hasOthers) return null;
    this.left.leave(account);
    await this.lines.refused(account, print);
    return account;
  }

  async #release({ account, refusedTokens }: ExdataAccountState, print: string): Promise<void> {
    if (RefusedTokens.of(refusedTokens).has(print)) return;
    if (await this.writes.run((write) => this.holds.releaseForToken(write, account, print)))
      this.lines.changed(account);
  }

  #takeUp(account: string): void {
    this.left.takeUp(account);
    this.lines.taken(account);
  }
}
