import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { ExdataClock, Write } from '../../dispatch/index.js';
import { EXDATA_CLOCK } from '../../dispatch/index.js';
import { Inject } from '../../injection/index.js';
import type { ExdataLink } from '../link.entity.js';
import { AccountHolds } from './account-holds.js';
import { AccountLimits, testLimitCode } from './account-limits.js';
import { AccountRows } from './account-rows.js';
import type { ExdataAccountState, ExdataHoldReason } from './account.entity.js';
import { OwnTokens } from './own-tokens.js';

/** Whether something may be sent now. */
export type Gate =
  | {
      readonly state: 'open';
      /** An upload that exdata takes ends a limit, or the hold whose probe it is. */
      readonly endsWait?: boolean;
      /** A token was refused lately, and it has not been looked whether it is this process's. */
      readonly doubtsToken?: boolean;
    }
  | {
      readonly state: 'held';
      readonly holdId: string;
      readonly reason: ExdataHoldReason;
      /** Epoch ms. */ readonly since: number;
    }
  | { readonly state: 'limited'; readonly until: number; readonly code: string }
  /** exdata refuses this process's token and not another one's, to which the account's rows are left. */
  | { readonly state: 'left'; readonly code: 'authentication_failed' };

const left: Gate = { state: 'left', code: 'authentication_failed' };

/** Says whether something may be sent for an account now. */
@Injectable()
export class AccountGate {
  constructor(
    @Inject(AccountRows) private readonly rows: AccountRows,
    @Inject(AccountHolds) private readonly holds: AccountHolds,
    @Inject(AccountLimits) private readonly limits: AccountLimits,
    @Inject(OwnTokens) private readonly tokens: OwnTokens,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
  ) {}

  /**
   * Whether this row may be uploaded now; with a manager, as its transaction sees it: which does not wait for a source
   * of this process's token.
   */
  async forUpload(row: ExdataLink, within?: EntityManager): Promise<Gate> {
    const account = await this.rows.find(row.account, within);
    if (account?.probeRowId !== row.id && this.tokens.leaves(row.account)) return left;
    if (account === null) return { state: 'open', endsWait: false };
    if (account.probeRowId !== row.id) {
      const held = heldBy(account);
      if (held) return held;
      if (!within && (await this.tokens.isRefused(account))) return left;
    }
    const isProbe = account.probeRowId === row.id;
    const doubtsToken = within !== undefined && !isProbe && this.tokens.isInDoubt(account);
    const gate = this.#limits(account);
    return gate.state === 'open'
      ? { state: 'open', endsWait: isProbe || account.limitedSince !== null, doubtsToken }
      : gate;
  }

  /** The longest of the waits that exdata asked uploads for. */
  #limits({ notBefore, uploadNotBefore }: ExdataAccountState): Gate {
    const rate = this.#limit(notBefore, 'rate_limited');
    const daily = this.#limit(uploadNotBefore, testLimitCode);
    if (rate.state === 'limited' && daily.state === 'limited') return rate.until > daily.until ? rate : daily;
    return daily.state === 'limited' ? daily : rate;
  }

  /**
   * Whether exdata may be asked for something now. A lack of credits stops no reading.
   * @param seen how the account was just seen to stand; null where it has no row
   */
  async forReading(name: string, seen?: ExdataAccountState | null): Promise<Gate> {
    if (this.tokens.leaves(name)) return left;
    const account = seen === undefined ? await this.rows.find(name) : seen;
    if (account === null) return { state: 'open' };
    if (account.holdReason === 'authentication_failed') return heldBy(account) ?? { state: 'open' };
    if (await this.tokens.isRefused(account)) return left;
    return this.#limit(account.notBefore, 'rate_limited');
  }

  /** Takes note that exdata took an upload: a limit is over, and a hold whose probe it was is released. */
  async passed(write: Write, row: ExdataLink): Promise<void> {
    const account = await this.rows.find(row.account, write.manager);
    if (account === null) return;
    await this.limits.over(write, account);
    if (account.probeRowId === row.id) await this.holds.release(write, row.account);
  }

  #limit(until: number | null, code: string): Gate {
    return until !== null && until > this.clock.now() ? { state: 'limited', until, code } : { state: 'open' };
  }
}

function heldBy({ holdId, holdReason, heldSince }: ExdataAccountState): Gate | null {
  return holdId === null || holdReason === null
    ? null
    : { state: 'held', holdId, reason: holdReason, since: heldSince ?? 0 };
}
