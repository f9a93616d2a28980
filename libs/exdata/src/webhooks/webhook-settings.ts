import type { TimestampWindow } from './timestamp.js';

/** What the webhook's guard goes by. */
export interface WebhookSettings {
  /** Names of the accounts that deliveries are taken for. */
  readonly accounts: readonly string[];
  /** Whose deliveries come to the path without a name. */
  readonly defaultAccount: string;
  /** Null when the host has turned the check off. */
  readonly window: TimestampWindow | null;
  readonly maxBodyBytes: number;
  /** For a whole body, in milliseconds. */
  readonly bodyTimeoutMs: number;
  /** Media types in lower case, without parameters. */
  readonly contentTypes: readonly string[];
  /** Whether bodies with a Content-Encoding are taken. */
  readonly compressedBodies: boolean;
}

export const EXDATA_WEBHOOK_SETTINGS = Symbol.for('nestjs-exdata:webhook-settings');
