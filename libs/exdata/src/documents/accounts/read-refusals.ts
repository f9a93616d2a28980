import { Injectable } from '@nestjs/common';
import { In } from 'typeorm';
import type { ExdataError } from '../../api/index.js';
import {
  ExdataAuthenticationError,
  ExdataPermissionError,
  ExdataRateLimitError,
  refusedTokenPrint,
} from '../../api/index.js';
import type { ExdataClock } from '../../dispatch/index.js';
import { EXDATA_CLOCK, NotYetError, Writes } from '../../dispatch/index.js';
import { Inject } from '../../injection/index.js';
import type { ExdataDocumentState } from '../document-state.js';
import { ExdataLink } from '../link.entity.js';
import { AccountHolds } from './account-holds.js';
import { AccountLimits } from './account-limits.js';
import { AccountRows } from './account-rows.js';
import type { Sighting } from './sighting.js';

/**
 * When a reader looks again whether a hold has ended, in milliseconds: after as long as it has lasted, within these
 * bounds. One that ends by itself ends soon; for one that takes a person many rows would look in vain.
 */
const holdLook = { leastMs: 2_000, mostMs: 60_000 };
/** When a reader looks again whether a person has lifted a limit that lasts longer, in milliseconds. */
const limitLookMs = 300_000;
/** How long to wait where exdata names no time, in milliseconds. */
export const rateLimitMs = 30_000;

/**
 * What a read is about, for the alert that it may lead to. With an `id` it is a document of ours, whose row says what
 * stands in the way.
 */
export type Reader = Pick<ExdataLink, 'account'> &
  Partial<Pick<ExdataLink, 'id' | 'sourceType' | 'sourceId' | 'exdataId'>>;

/** Tells the account's row what exdata refused a reader, and the reader when to look again. */
@Injectable()
export class ReadRefusals {
  constructor(
    @Inject(AccountRows) private readonly rows: AccountRows,
    @Inject(AccountHolds) private readonly holds: AccountHolds,
    @Inject(AccountLimits) private readonly limits: AccountLimits,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
  ) {}

  /** @throws {NotYetError} where the account has to wait for it now */
  async write(reader: Reader, error: unknown): Promise<void> {
    if (error instanceof ExdataRateLimitError) await this.#wait(reader, error);
    if (error instanceof ExdataAuthenticationError) await this.#hold(reader, error);
    if (error instanceof ExdataPermissionError && reader.id !== undefined) await this.#deny(reader, reader.id, error);
  }

  /** The account is another process's to ask for: its token is not refused. */
  left(code: string): NotYetError {
    return new NotYetError(this.clock.now(), code);
  }

  async #wait(reader: Reader, error: ExdataRateLimitError): Promise<never> {
    const until = this.clock.now() + (error.retryAfterMs ?? rateLimitMs);
    // Whatever its code, a limit on reading is the rate limit: the daily one of test mode is on uploads.
    await this.writes.run((write) =>
      this.limits.note(write, until, { ...sightingOf(reader, error), code: 'rate_limited' }),
    );
    throw this.notBefore(until, error.code);
  }

  /** The account has to wait until then. */
  notBefore(until: number, code: string): NotYetError {
    return new NotYetError(Math.min(until, this.clock.now() + limitLookMs), code);
  }

  /** The account is on hold since then. */
  whileHeld(since: number, code: string): NotYetError {
    const now = this.clock.now();
    return new NotYetError(now + Math.min(holdLook.mostMs, Math.max(holdLook.leastMs, now - since)), code);
  }

  async #hold(reader: Reader, error: ExdataAuthenticationError): Promise<never> {
    this.holds.suspectToken(reader.account);
    const seen = sightingOf(reader, error);
    const holdId = await this.writes.run((write) => this.holds.place(write, 'authentication_failed', seen));
    throw holdId === null ? this.left(error.code) : this.whileHeld(this.clock.now(), error.code);
  }

  /** What may not be read is not uploaded either: a document of ours would be paid for in vain. */
  async #deny(reader: Reader, id: string, error: ExdataPermissionError): Promise<never> {
    const { code, message } = error;
    await this.writes.run(async (write) => {
      await this.holds.place(write, 'permission_denied', sightingOf(reader, error));
      const problem = { code, message, fields: null, retryAt: null };
      await write.manager.update(
        ExdataLink,
        { id, state: In(['pending', 'completed'] satisfies ExdataDocumentState[]) },
        { problem },
      );
    });
    const account = await this.rows.find(reader.account);
    throw this.whileHeld(account?.heldSince ?? this.clock.now(), code);
  }
}

function sightingOf(document: Reader, error: ExdataError): Sighting {
  return {
    document,
    code: error.code,
    requestId: error.requestId ?? null,
    tokenPrint: (key) => refusedTokenPrint(error, key),
  };
}
