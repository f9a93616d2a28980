import type { DatabaseAddress } from './database-address.js';
import type { WebhookSecret } from './secrets.js';

/** What the environment asks of the demo, checked. */
export interface Settings {
  readonly http: { readonly host: string; readonly port: number };
  readonly database: DatabaseAddress;
  readonly exdata: ExdataSettings;
  readonly upload: {
    /** In bytes. */
    readonly maxBytes: number;
    /** Where uploads wait until exdata has them. */
    readonly spoolDirectory: string;
  };
  /** How long a document may stay pending before the alert, in ms. */
  readonly pendingWindowMs: number | undefined;
  readonly logFormat: 'json' | 'text';
}

export interface ExdataSettings {
  readonly mode: 'test' | 'live';
  /** `undefined`: the demo starts a simulator and talks to it. */
  readonly baseUrl: string | undefined;
  /** `undefined` only where the simulator may choose. */
  readonly token: string | undefined;
  /** Empty only where the simulator may choose. */
  readonly webhookSecrets: readonly WebhookSecret[];
}

/** The environment is unusable. The message names each variable at fault and never holds a value. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly faults: readonly string[]) {
    super(`The environment cannot be used:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}
