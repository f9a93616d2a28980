import type { DatabaseAddress } from './database-address.js';
import type { WebhookSecret } from './secrets.js';

/** What the environment asks of the demo, checked. */
export interface Settings {
  readonly http: { readonly host: string; readonly port: number };
  readonly database: DatabaseAddress;
  readonly exdata: ExdataSettings;
  readonly dispatch: DispatchSettings;
  readonly upload: {
    /** In bytes. */
    readonly maxBytes: number;
    /** Where uploads wait until exdata has them. */
    readonly spoolDirectory: string;
  };
  readonly logFormat: 'json' | 'text';
}

/** What wakes the module's work. */
export type DispatchSettings = { readonly kind: 'in-process' } | { readonly kind: 'bull' | 'bullmq'; readonly redisUrl: string };

/** Whom the demo sends documents to. */
export type ExdataSettings = ExdataConnection | SimulatedExdata;

/** An exdata that runs elsewhere. */
export interface ExdataConnection {
  readonly kind: 'service';
  readonly mode: 'test' | 'live';
  readonly baseUrl: string;
  readonly token: string;
  readonly webhookSecrets: readonly WebhookSecret[];
}

/** The demo starts a simulator, which makes up what it is not told. */
export interface SimulatedExdata {
  readonly kind: 'simulator';
  readonly token: string | undefined;
  readonly webhookSecrets: readonly WebhookSecret[];
}

/** The environment is unusable. The message names each variable at fault and never holds a value. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly faults: readonly string[]) {
    super(`The environment cannot be used:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}
