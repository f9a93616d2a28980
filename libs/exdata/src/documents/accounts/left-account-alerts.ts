import { Injectable } from '@nestjs/common';
import { hostname } from 'node:os';
import process from 'node:process';
import { Like, MoreThan } from 'typeorm';
import { EXDATA_CLOCK, hasPassed, Writes } from '../../dispatch/index.js';
import type { ExdataClock, Write } from '../../dispatch/index.js';
import { Inject } from '../../injection/index.js';
import { AlertBook } from '../alerts/alert-book.js';
import { ExdataAlertRow } from '../alerts/alert.entity.js';
import { AccountRows } from './account-rows.js';

/** A process that is left out of an account for longer is no part of a rollout under way, in milliseconds. */
const rolloutMs = 300_000;
const dayMs = 86_400_000;

interface LeftAccount {
  /** Since when this process leaves the account to others (epoch ms). */
  readonly since: number;
  /** When it was last seen to that a person knows (epoch ms); at first as `since`. */
  readonly toldAt: number;
}

/**
 * Raises an alert for an account that this process leaves to others and goes on leaving: the account's documents end in
 * those, so that nothing waits to be seen but the handlers that only this process has, which are not called. One a day
 * for each token, however many processes hold it and however often they are started.
 */
@Injectable()
export class LeftAccountAlerts {
  readonly #left = new Map<string, LeftAccount>();

  constructor(
    @Inject(AccountRows) private readonly rows: AccountRows,
    @Inject(AlertBook) private readonly alerts: AlertBook,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
  ) {}

  /** This process leaves the account to others at this look, as it may have at the last one. */
  async left(account: string, print: string): Promise<void> {
    const now = this.clock.now();
    const { since, toldAt } = this.#left.get(account) ?? { since: now, toldAt: now };
    const isTime = hasPassed(rolloutMs, toldAt, now);
    if (isTime) await this.writes.run((write) => this.#raise(write, account, print, since));
    this.#left.set(account, { since, toldAt: isTime ? now : toldAt });
  }

  /** This process works for the account again. */
  taken(account: string): void {
    this.#left.delete(account);
  }

  async #raise(write: Write, account: string, print: string, since: number): Promise<void> {
    // Other processes may hold the same token: with the row locked, the first of them raises it.
    const row = await this.rows.lock(write, account);
    const kind = 'authentication_failed';
    const ofToken = { ...this.rows.keyOf(account), kind, cause: Like(`left:${print}:%`) } as const;
    const createdAt = MoreThan(write.now - dayMs);
    if (row.refusedTokens === null || (await write.manager.existsBy(ExdataAlertRow, { ...ofToken, createdAt }))) return;
    const message =
      `exdata refuses the token that process ${String(process.pid)} on ${hostname()} holds for this account, and takes ` +
      `that of another process: since ${new Date(since).toISOString()} this one does nothing for the account, and ` +
      `handlers that only it has are not called. Put the right token in place for it; where its token stands in the ` +
      `code or in a variable, restart it.`;
    await this.alerts.raise(write, {
      kind,
      account,
      cause: `left:${print}:${String(write.now)}`,
      code: 'token_refused',
      message,
    });
  }
}
