import { Injectable } from '@nestjs/common';
import { In, IsNull, MoreThan } from 'typeorm';
import type { Write } from '../../dispatch/index.js';
import { Inject } from '../../injection/index.js';
import { AlertBook } from '../alerts/alert-book.js';
import { ExdataLink } from '../link.entity.js';
import { AccountRows } from './account-rows.js';
import { ExdataAccountState } from './account.entity.js';
import type { Sighting } from './sighting.js';

export const testLimitCode = 'test_mode_limit_exceeded';

/** Keeps until when exdata asked accounts to wait. */
@Injectable()
export class AccountLimits {
  constructor(
    @Inject(AccountRows) private readonly rows: AccountRows,
    @Inject(AlertBook) private readonly alerts: AlertBook,
  ) {}

  /**
   * Takes note that exdata asked to wait until `until` (epoch ms), whoever asks. The daily limit of test mode concerns
   * uploads alone, and is alerted once.
   */
  async note(write: Write, until: number, seen: Sighting): Promise<void> {
    const account = await this.rows.lock(write, seen.document.account);
    const { manager, now } = write;
    if (seen.code !== testLimitCode) {
      await manager.update(
        ExdataAccountState,
        { id: account.id },
        { notBefore: Math.max(account.notBefore ?? 0, until) },
      );
      return;
    }
    const since = account.limitedSince ?? now;
    await manager.update(
      ExdataAccountState,
      { id: account.id },
      { uploadNotBefore: Math.max(account.uploadNotBefore ?? 0, until), limitedSince: since },
    );
    const { code, requestId, document } = seen;
    const message = 'the daily limit of test mode is reached; uploads go on in the next window';
    await this.alerts.raise(write, {
      kind: testLimitCode,
      account: account.account,
      cause: `limit:${since}`,
      code,
      message,
      requestId,
      retryAt: until,
      document,
    });
  }

  /**
   * Forgets that exdata asked to wait: uploads are due at once, readers see it at their next look. Resolves to false
   * when nothing waited for that.
   */
  async lift(write: Write, name: string): Promise<boolean> {
    const { id, notBefore, uploadNotBefore } = await this.rows.lock(write, name);
    const { manager, now } = write;
    if (Math.max(notBefore ?? 0, uploadNotBefore ?? 0) <= now) return false;
    await manager.update(ExdataAccountState, { id }, { notBefore: null, uploadNotBefore: null, limitedSince: null });
    await manager.update(
      ExdataLink,
      {
        ...this.rows.keyOf(name),
        state: In(['queued', 'uploading', 'unconfirmed']),
        holdId: IsNull(),
        work: { dueAt: MoreThan(now) },
      },
      { work: { dueAt: now } },
    );
    return true;
  }

  /**
   * Forgets all waits that exdata asked for, of every account: the clock was set back, and nobody knows how long is
   * left. exdata says it again.
   */
  async forgetAll({ manager, now }: Write): Promise<void> {
    const { mode } = this.rows.keyOf('');
    await manager.update(ExdataAccountState, { mode, notBefore: MoreThan(now) }, { notBefore: null });
    await manager.update(ExdataAccountState, { mode, uploadNotBefore: MoreThan(now) }, { uploadNotBefore: null });
  }

  /** Takes note that exdata took an upload of the account. */
  async over({ manager }: Write, { id, limitedSince }: ExdataAccountState): Promise<void> {
    if (limitedSince !== null) await manager.update(ExdataAccountState, { id }, { limitedSince: null });
  }
}
