import { Injectable } from '@nestjs/common';
import { randomUUID } from 'node:crypto';
import type { Write } from '../../dispatch/index.js';
import { EXDATA_HOLDS } from '../../config/index.js';
import { Inject } from '../../injection/index.js';
import { AlertBook } from '../alerts/alert-book.js';
import { AccountLimits } from './account-limits.js';
import { AccountRows } from './account-rows.js';
import { ExdataAccountState } from './account.entity.js';
import type { ExdataHoldReason } from './account.entity.js';
import { holdMessages } from './hold-messages.js';
import { OwnTokens } from './own-tokens.js';
import { RefusedTokens } from './refused-tokens.js';
import type { Sighting } from './sighting.js';

export const accountJobName = 'account';

/** An account for which nothing is sent until `ExdataUploadService.releaseHold`. */
export interface ExdataHold {
  readonly account: string;
  readonly reason: ExdataHoldReason;
  /** Epoch ms. */
  readonly since: number;
  /** X-Request-ID of the answer that began it. */
  readonly requestId: string | null;
  /** What is to be done, in words. */
  readonly advice: string;
}

export interface HoldSettings {
  readonly probeEveryMs: number | null;
}

/** Puts accounts on hold, and ends that. */
@Injectable()
export class AccountHolds {
  constructor(
    @Inject(AccountRows) private readonly rows: AccountRows,
    @Inject(AccountLimits) private readonly limits: AccountLimits,
    @Inject(AlertBook) private readonly alerts: AlertBook,
    @Inject(OwnTokens) private readonly tokens: OwnTokens,
    @Inject(EXDATA_HOLDS) private readonly settings: HoldSettings,
  ) {}

  /** Milliseconds between two probes of a hold; null for none. */
  get probeEveryMs(): number | null {
    return this.settings.probeEveryMs;
  }

  /** The accounts that are on hold. */
  async list(): Promise<ExdataHold[]> {
    const held = await this.rows.held();
    return held.flatMap(({ account, holdReason, heldSince, holdRequestId }) =>
      holdReason === null || heldSince === null
        ? []
        : [
            {
              account,
              reason: holdReason,
              since: heldSince,
              requestId: holdRequestId,
              advice: holdMessages[holdReason],
            },
          ],
    );
  }

  /** exdata has refused the token: nothing more begins in this process until that is written. */
  suspectToken(account: string): void {
    this.tokens.suspect(account);
  }

  /**
   * Puts the account on hold, with one alert; on one that is held already nothing changes but that a probe has failed,
   * and a reason that the hold is not for is an alert of its own.
   * Resolves to the hold's id; to null, with nothing on hold, where exdata has refused a token again that this process
   * was to leave alone, since another process holds another one.
   */
  async place(write: Write, reason: ExdataHoldReason, seen: Sighting): Promise<string | null> {
    const account = await this.rows.lock(write, seen.document.account);
    const { manager, now } = write;
    const probeAt = this.probeEveryMs === null ? null : now + this.probeEveryMs;
    const refused = RefusedTokens.of(account.refusedTokens);
    const print = seen.tokenPrint?.(refused.key) ?? null;
    const isKnown = print !== null && refused.has(print);
    if (account.holdId === null && isKnown && refused.isServed(now)) return null;
    if (reason === 'authentication_failed') write.afterCommit(() => this.tokens.unsuspect(account.account));
    const refusedTokens = print === null || isKnown ? account.refusedTokens : refused.with(print, now);
    if (account.holdId !== null) {
      if (account.probeRowId === seen.document.id)
        await manager.update(ExdataAccountState, { id: account.id }, { probeRowId: null, work: { dueAt: probeAt } });
      if (refusedTokens !== account.refusedTokens)
        await manager.update(ExdataAccountState, { id: account.id }, { refusedTokens });
      if (account.holdReason !== reason) await this.#alert(write, reason, seen, `hold:${account.holdId}:${reason}`);
      return account.holdId;
    }
    const holdId = randomUUID();
    await manager.update(
      ExdataAccountState,
      { id: account.id },
      {
        holdId,
        holdReason: reason,
        heldSince: now,
        holdRequestId: seen.requestId,
        refusedTokens,
        probeRowId: null,
        work: { dueAt: probeAt ?? account.work.dueAt },
      },
    );
    await this.#alert(write, reason, seen, `hold:${holdId}`);
    return holdId;
  }

  /**
   * Ends the hold; what it held is sent on by the account's job. Resolves to whether the account was on hold. A token
   * that was refused may be tried again.
   */
  async release(write: Write, name: string): Promise<boolean> {
    const account = await this.rows.lock(write, name);
    if (account.refusedTokens !== null)
      await write.manager.update(ExdataAccountState, { id: account.id }, { refusedTokens: null });
    return account.holdId !== null && this.#end(write, account);
  }

  /** As {@link release}, with the waits that exdata asked for. Resolves to whether there was either. */
  async releaseByHand(write: Write, name: string): Promise<boolean> {
    const lifted = await this.limits.lift(write, name);
    const released = await this.release(write, name);
    return lifted || released;
  }

  /**
   * Ends a hold for a token that was refused, on behalf of a process that holds another one. Resolves to whether it
   * did: this one may have been refused too.
   */
  async releaseForToken(write: Write, name: string, print: string): Promise<boolean> {
    const account = await this.rows.lock(write, name);
    const refused = RefusedTokens.of(account.refusedTokens);
    if (account.holdReason !== 'authentication_failed' || refused.has(print)) return false;
    await this.#keepRefused(write, account, refused.noted(print, write.now));
    return this.#end(write, account);
  }

  /** Notes that a process lives that holds the token: one that exdata refused, or another. */
  async noteToken(write: Write, name: string, print: string): Promise<void> {
    const account = await this.rows.lock(write, name);
    if (account.refusedTokens === null) return;
    await this.#keepRefused(write, account, RefusedTokens.of(account.refusedTokens).noted(print, write.now));
  }

  async #end(write: Write, { id }: ExdataAccountState): Promise<true> {
    await write.manager.update(
      ExdataAccountState,
      { id },
      {
        holdId: null,
        holdReason: null,
        heldSince: null,
        holdRequestId: null,
        probeRowId: null,
        work: { dueAt: write.now },
      },
    );
    write.wakes({ job: accountJobName, id });
    return true;
  }

  async #keepRefused({ manager }: Write, { id }: ExdataAccountState, refusedTokens: string): Promise<void> {
    await manager.update(ExdataAccountState, { id }, { refusedTokens });
  }

  async #alert(write: Write, kind: ExdataHoldReason, seen: Sighting, cause: string): Promise<void> {
    const { code, requestId, document } = seen;
    const message = holdMessages[kind];
    await this.alerts.raise(write, { kind, account: document.account, cause, code, message, requestId, document });
  }
}
