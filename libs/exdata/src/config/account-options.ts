import type { ReadSecret, ExdataSecretSource, ExdataWebhookSecret } from './secret-source.js';

/**
 * The bearer token: its source (`exdataSecretFromEnv`, `exdataSecretFromFile`, `exdataSecretFromProvider`, a function),
 * or in test mode the token itself.
 */
type TokenOption = string | ExdataSecretSource | ReadSecret;

/** One webhook secret: its name, and its source or in test mode the secret itself. */
interface WebhookSecretOption {
  readonly id: string;
  readonly secret: string | ExdataSecretSource | ReadSecret;
}

/**
 * The webhook secrets one by one, or a source of them all, which gives a list or text such as
 * `current:the_secret,old:another`.
 */
type WebhookSecretsOption =
  | readonly WebhookSecretOption[]
  | ExdataSecretSource<string | readonly ExdataWebhookSecret[]>
  | ReadSecret<string | readonly ExdataWebhookSecret[]>;

/** One account at exdata. */
export interface ExdataAccountOptions {
  /**
   * Default `https://www.exdata.app/api/v1`. In live mode it begins with https://, unless `allowInsecureBaseUrl` is
   * set.
   */
  readonly baseUrl?: string;
  /** The bearer token, of the module's mode. Asked for at each use, so that it can be renewed without a restart. */
  readonly token: TokenOption;
  /**
   * The webhook secrets that are accepted, each with a name of yours; several while one is rotated. At least 16
   * characters each.
   */
  readonly webhookSecrets: WebhookSecretsOption;
  /** Whom alerts about the account are for, such as a mailbox or a team; at most 200 characters. */
  readonly owner?: string;
}
