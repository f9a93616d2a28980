import type { ExdataWebhookSecret, SecretsSource } from '../config/index.js';
import type { ExdataClock } from '../dispatch/index.js';
import { hasPassed, inOwnContext } from '../dispatch/index.js';
import type { ExdataLog } from '../telemetry/index.js';

/**
 * An account's secrets are asked for again and again, so that they can be rotated without a restart. What its source
 * gives has been checked.
 */
export interface AccountSecrets {
  readonly name: string;
  readonly webhookSecrets: SecretsSource;
}

/** How old secrets may be before they are asked for again, in milliseconds. */
const freshMs = 10_000;
/** When a signature fits none of them they are asked for at once, but no more often than this, in milliseconds. */
const missMs = 1_000;
/** How long a delivery waits for an answer, in milliseconds, and how many do at once: each holds its body. */
const patienceMs = 2_000;
const mostWaiting = 64;

interface Kept {
  readonly source: SecretsSource;
  secrets: readonly ExdataWebhookSecret[];
  askedAt: number;
  asking: Promise<void> | null;
}

/** The webhook secrets that are accepted now, at hand for each delivery: none waits for a source that is slow. */
export class SecretKeeper {
  readonly #accounts = new Map<string, Kept>();
  #waiting = 0;

  private constructor(
    private readonly clock: ExdataClock,
    private readonly log: ExdataLog,
  ) {}

  static async open(accounts: readonly AccountSecrets[], clock: ExdataClock, log: ExdataLog): Promise<SecretKeeper> {
    const keeper = new SecretKeeper(clock, log);
    for (const { name, webhookSecrets: source } of accounts) {
      const askedAt = clock.now();
      keeper.#accounts.set(name, { source, secrets: await source(), askedAt, asking: null });
    }
    return keeper;
  }

  get accounts(): readonly string[] {
    return [...this.#accounts.keys()];
  }

  /** The account's secrets; none for an account that is not known. */
  of(account: string): readonly ExdataWebhookSecret[] {
    const kept = this.#accounts.get(account);
    if (!kept) return [];
    if (hasPassed(freshMs, kept.askedAt, this.clock.now())) void this.#renew(account, kept);
    return kept.secrets;
  }

  /** The account's secrets as they were given last; nobody is asked for them. */
  atHand(account: string): readonly ExdataWebhookSecret[] {
    return this.#accounts.get(account)?.secrets ?? [];
  }

  /**
   * The account's secrets after a signature fitted none of them: a new one may have been put in place this very moment.
   */
  async afterMiss(account: string): Promise<readonly ExdataWebhookSecret[]> {
    const kept = this.#accounts.get(account);
    if (!kept) return [];
    const worthIt = kept.asking !== null || hasPassed(missMs, kept.askedAt, this.clock.now());
    if (worthIt && this.#waiting < mostWaiting) await this.#inTime(this.#renew(account, kept));
    return kept.secrets;
  }

  /** Asks the source, unless it is being asked already. Never rejects. */
  #renew(account: string, kept: Kept): Promise<void> {
    if (kept.asking) return kept.asking;
    kept.askedAt = this.clock.now();
    // One request asks for all.
    kept.asking = inOwnContext(() => this.#take(account, kept)).finally(() => (kept.asking = null));
    return kept.asking;
  }

  async #take(account: string, kept: Kept): Promise<void> {
    // A source tells by itself of what it cannot get, and gives what it had; the ones at hand stay in any case.
    const secrets = await Promise.resolve()
      .then(kept.source)
      .catch(() => kept.secrets);
    if (JSON.stringify(secrets) === JSON.stringify(kept.secrets)) return;
    kept.secrets = secrets;
    this.log.info('webhook.secrets_changed', { account }, { secrets: secrets.map(({ id }) => id).join(',') });
  }

  async #inTime(asking: Promise<void>): Promise<void> {
    let cancel: () => void = () => undefined;
    const late = new Promise<void>((resolve) => (cancel = this.clock.after(patienceMs, resolve)));
    this.#waiting++;
    await Promise.race([asking, late]);
    this.#waiting--;
    cancel();
  }
}
