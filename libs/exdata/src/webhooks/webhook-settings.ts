import type { WebhookSecret } from './signature.js';
import type { TimestampWindow } from './timestamp.js';

export interface WebhookSettings {
  readonly account: string;
  /** The secrets that are accepted now. */
  readonly secrets: () => readonly WebhookSecret[] | Promise<readonly WebhookSecret[]>;
  readonly window: TimestampWindow;
  readonly maxBodyBytes: number;
}

export const EXDATA_WEBHOOK_SETTINGS = Symbol.for('nestjs-exdata:webhook-settings');
