import { Injectable } from '@nestjs/common';
import { EXDATA_CLOCK } from '../../dispatch/index.js';
import type { ExdataClock } from '../../dispatch/index.js';
import { AccountRows } from './account-rows.js';
import { TokenStanding } from './token-standing.js';
import { EXDATA_WORK } from '../../config/index.js';
import { Inject } from '../../injection/index.js';

export interface TokenWatchSettings {
  /** Milliseconds between two looks. */
  readonly sweepEveryMs: number;
}

/**
 * Looks every few seconds where this process's tokens stand for accounts for which exdata has refused one. Each process
 * looks for itself: only it knows its sources. A look costs one statement, and a transaction where something has
 * changed.
 */
@Injectable()
export class TokenWatch {
  #cancel: (() => void) | undefined;
  #looking: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    @Inject(AccountRows) private readonly rows: AccountRows,
    @Inject(TokenStanding) private readonly standing: TokenStanding,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(EXDATA_WORK) private readonly settings: TokenWatchSettings,
  ) {}

  /** The first look is at once: a process may have been started anew with the right token. */
  start(): void {
    this.#lookIn(0);
  }

  /** Resolves when the look under way, if there is one, has ended. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    await this.#looking;
  }

  #lookIn(ms: number): void {
    if (this.#stopped) return;
    this.#cancel = this.clock.after(ms, () => {
      // A database that fails now may not at the next look; whoever works says so.
      this.#looking = this.#look()
        .catch(() => undefined)
        .finally(() => this.#lookIn(this.settings.sweepEveryMs));
    });
  }

  async #look(): Promise<void> {
    await this.standing.look(await this.rows.withRefusedTokens());
  }
}
