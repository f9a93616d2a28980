import type { DatabaseAddress } from './database-address.js';
import type { ExdataSettings } from './exdata-settings.js';

/** What the environment asks of the demo, checked. */
export interface Settings {
  readonly http: { readonly adapter: 'express' | 'fastify'; readonly host: string; readonly port: number };
  readonly database: DatabaseAddress;
  readonly exdata: ExdataSettings;
  /** `EXDATA_*` as it was given, which the module reads through @nestjs/config. */
  readonly variables: Readonly<Record<string, string>>;
  readonly dispatch: DispatchSettings;
  readonly upload: {
    /** In bytes. */
    readonly maxBytes: number;
    /** Where uploads wait until exdata has them. */
    readonly spoolDirectory: string;
  };
  /** Where requests' files lie until the module has spooled them. */
  readonly temporaryDirectory: string;
  readonly logFormat: 'json' | 'text';
}

/** What wakes the module's work. */
export type DispatchSettings =
  { readonly kind: 'in-process' } | { readonly kind: 'bull' | 'bullmq'; readonly redisUrl: string };

/** The environment is unusable. The message names each variable at fault and never holds a value. */
export class SettingsError extends Error {
  override readonly name = 'SettingsError';

  constructor(readonly faults: readonly string[]) {
    super(`The environment cannot be used:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
  }
}
