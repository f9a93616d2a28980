import type { ExdataConfig } from '../config/index.js';
import { token } from '../injection/index.js';
import type { TimestampWindow } from './timestamp.js';

/** What the webhook's guard goes by. */
export interface ExdataWebhookSettings {
  /** Names of the accounts that deliveries are taken for. */
  readonly accounts: readonly string[];
  /** Whose deliveries come to the path without a name. */
  readonly defaultAccount: string;
  /** Null when the host has turned the check off. */
  readonly window: TimestampWindow | null;
  readonly maxBodyBytes: number;
  /** For a whole body, in milliseconds. */
  readonly bodyTimeoutMs: number;
  /** For all bodies together that are not verified yet. */
  readonly unverifiedBytes: number;
  /** Media types in lower case, without parameters. */
  readonly contentTypes: readonly string[];
  /** Whether bodies with a Content-Encoding are taken. */
  readonly compressedBodies: boolean;
}

export const EXDATA_WEBHOOK_SETTINGS = token<ExdataWebhookSettings>('webhook-settings');

/** Path of the application's webhook controller, or false. */
export const EXDATA_WEBHOOK_PATH = token<string | false>('webhook-path');

/** The part of the options that the guard goes by. */
export function webhookSettingsOf({ webhook, accounts }: ExdataConfig): ExdataWebhookSettings {
  const { timestampCheck, pastToleranceMs: pastMs, futureToleranceMs: futureMs, ...rest } = webhook;
  const names = accounts.map(({ name }) => name);
  const [only, another] = names;
  const defaultAccount = names.includes('default') || another !== undefined ? 'default' : (only ?? 'default');
  return { ...rest, accounts: names, defaultAccount, window: timestampCheck ? { pastMs, futureMs } : null };
}
