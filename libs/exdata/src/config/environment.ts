import { registerAs } from '@nestjs/config';
import type { ExdataSecretSource } from './secret-source.js';
import { exdataSecretFromEnv } from './secret-source.js';
import { valueOf } from './variables.js';
import type { Variables } from './variables.js';

/** An account as environment variables describe it. Secrets are named, not held. */
interface ExdataEnvironmentAccount {
  /** What its variables begin with, such as `EXDATA_LIVE_ACME`. */
  readonly prefix: string;
  readonly baseUrl?: string;
  readonly token: ExdataSecretSource<never>;
  readonly webhookSecrets: ExdataSecretSource<never>;
  readonly owner?: string;
}

/** What the environment says of one mode. */
export interface ExdataEnvironment {
  readonly mode: 'test' | 'live';
  /** Each with its name. */
  readonly accounts: readonly (ExdataEnvironmentAccount & { readonly name: string })[];
  /** Whether `EXDATA_<MODE>_ACCOUNTS` names the accounts; else there is the one called `default`. */
  readonly named: boolean;
  /** Variables that hold tokens of the other mode: none of them may be used in this one. */
  readonly otherTokens: readonly string[];
}

/**
 * Reads `EXDATA_TEST_*` or `EXDATA_LIVE_*`: `BASE_URL`, `OWNER`, `TOKEN` and `WEBHOOK_SECRETS` of the account
 * `default`, or, for each account that `ACCOUNTS` names, the same with the account's name in capitals before them
 * (`EXDATA_LIVE_ACME_TOKEN`). An empty variable counts as not set.
 */
export function exdataEnvironment(mode: 'test' | 'live', variables: Variables = process.env): ExdataEnvironment {
  const { names, prefix } = accountsIn(mode, variables);
  return {
    mode,
    accounts: (names ?? ['default']).map((name) => {
      const account = prefixOf(prefix, name);
      const baseUrl = valueOf(variables, `${account}_BASE_URL`);
      const owner = valueOf(variables, `${account}_OWNER`);
      return {
        name,
        prefix: account,
        token: exdataSecretFromEnv(`${account}_TOKEN`),
        webhookSecrets: exdataSecretFromEnv(`${account}_WEBHOOK_SECRETS`),
        ...(baseUrl !== undefined && { baseUrl }),
        ...(owner !== undefined && { owner }),
      };
    }),
    named: names !== null,
    otherTokens: tokensOf(mode === 'live' ? 'test' : 'live', variables),
  };
}

/** The test environment as a namespace of @nestjs/config: `EXDATA_TEST_*`. */
export const exdataTestConfig = registerAs('exdataTest', () => exdataEnvironment('test'));

/** The live environment as a namespace of @nestjs/config: `EXDATA_LIVE_*`. */
export const exdataLiveConfig = registerAs('exdataLive', () => exdataEnvironment('live'));

/** The environment of the mode that `EXDATA_MODE` names; null where it names none. */
export const exdataModeConfig = registerAs('exdataMode', (): { readonly environment: ExdataEnvironment | null } => {
  const mode = valueOf(process.env, 'EXDATA_MODE');
  return { environment: mode === 'test' || mode === 'live' ? exdataEnvironment(mode) : null };
});

function accountsIn(mode: 'test' | 'live', variables: Variables): { prefix: string; names: string[] | null } {
  const prefix = `EXDATA_${mode.toUpperCase()}`;
  const list = valueOf(variables, `${prefix}_ACCOUNTS`);
  const names = list?.split(',').map((name) => name.trim());
  return { prefix, names: names?.filter((name) => name !== '') ?? null };
}

/** The account `default` has the variables without a name. */
function prefixOf(prefix: string, name: string): string {
  return name === 'default' ? prefix : `${prefix}_${name.toUpperCase().replaceAll('-', '_')}`;
}

function tokensOf(mode: 'test' | 'live', variables: Variables): string[] {
  const { names, prefix } = accountsIn(mode, variables);
  const tokens = [...new Set(['default', ...(names ?? [])])].map((name) => `${prefixOf(prefix, name)}_TOKEN`);
  return tokens.filter((token) =>
    [token, `${token}_FILE`].some((variable) => valueOf(variables, variable) !== undefined),
  );
}
