import { ExdataError } from './errors.js';
import type { Settings } from './settings.js';

/**
 * The bearer token of one call: asked for at each attempt, and once anew from its source after exdata has refused it.
 */
export class CallToken {
  #sent: string | undefined;
  #renewed: string | undefined;
  #isAskedAnew = false;

  constructor(private readonly settings: Pick<Settings, 'token' | 'renewToken'>) {}

  /** @throws {ExdataError} when it cannot be had */
  async next(): Promise<string> {
    try {
      this.#sent = this.#renewed ?? (await this.settings.token());
      return this.#sent;
    } catch (cause) {
      throw new ExdataError('the token could not be obtained; nothing was sent', {
        code: 'token_unavailable',
        retryable: true,
        cause,
      });
    }
  }

  /**
   * Whether the source gives another token than the one that was sent last. Asks it once a call: what is refused twice
   * is no matter of timing.
   */
  async hasChanged(): Promise<boolean> {
    if (this.#isAskedAnew || this.#sent === undefined) return false;
    this.#isAskedAnew = true;
    try {
      this.#renewed = await this.settings.renewToken();
    } catch {
      // The refusal stands, and says more than a source that fails beside it.
      return false;
    }
    return this.#renewed !== this.#sent;
  }
}
