import type { ExdataAccountOptions } from './account-options.js';
import type { ExdataEnvironment } from './environment.js';
import type { Faults } from './faults.js';
import type { ExdataModuleOptions } from './options.js';

export const accountFields = [
  'baseUrl',
  'token',
  'webhookSecrets',
  'owner',
] as const satisfies readonly (keyof ExdataAccountOptions)[];
type Field = (typeof accountFields)[number];

/** One account's options, not checked yet, each with what a fault calls it: its path, or its environment variable. */
export interface AccountFields {
  readonly name: string;
  readonly fields: Readonly<Record<Field, { readonly value: unknown; readonly label: string }>>;
}

const accountName = /^[a-z0-9][a-z0-9_-]{0,63}$/;
/** What the variable of a field ends with. */
export const variableOf = {
  baseUrl: 'BASE_URL',
  token: 'TOKEN',
  webhookSecrets: 'WEBHOOK_SECRETS',
  owner: 'OWNER',
} as const satisfies Record<Field, string>;

type Given = Pick<ExdataModuleOptions, 'accounts' | 'environment' | Field>;

/** The accounts that options and environment describe, in that order of precedence, field by field. */
export function accountFieldsOf(given: Given, faults: Faults): AccountFields[] {
  const inCode = accountsInCode(given, faults);
  const inEnvironment = accountsIn(given.environment, given.accounts ?? null, faults);
  const names = [...new Set([...inEnvironment.keys(), ...inCode.keys()])];
  if (names.length === 0)
    faults.add(
      'token',
      'is needed, and so are webhookSecrets; or `accounts: { name: { token, webhookSecrets } }` where there are several',
    );
  return names.map((name) => {
    const code = inCode.get(name);
    const environment = inEnvironment.get(name);
    const fieldOf = (field: Field): AccountFields['fields'][Field] =>
      code && (code.options[field] !== undefined || !environment)
        ? { value: code.options[field], label: code.path + field }
        : { value: environment?.[field], label: `${environment?.prefix ?? ''}_${variableOf[field]}` };
    return {
      name,
      fields: {
        baseUrl: fieldOf('baseUrl'),
        token: fieldOf('token'),
        webhookSecrets: fieldOf('webhookSecrets'),
        owner: fieldOf('owner'),
      },
    };
  });
}

interface InCode {
  readonly path: string;
  readonly options: Partial<ExdataAccountOptions>;
}

function accountsInCode({ accounts, ...top }: Given, faults: Faults): Map<string, InCode> {
  const beside = accountFields.filter((field) => top[field] !== undefined);
  if (accounts === undefined) return new Map(beside.length === 0 ? [] : [['default', { path: '', options: top }]]);
  if (beside.length > 0)
    faults.add(
      'accounts',
      `stands beside ${beside.join(', ')}; move what is beside it to accounts.default, or leave accounts out`,
    );
  if (Object.keys(accounts).length === 0) faults.add('accounts', 'must hold at least one account');
  const known = Object.entries(accounts).filter(([name, options]) => isAccount(name, options, faults));
  return new Map(known.map(([name, options]) => [name, { path: `accounts.${name}.`, options }]));
}

function isAccount(name: string, options: unknown, faults: Faults): boolean {
  const path = `accounts[${JSON.stringify(name)}]`;
  if (!accountName.test(name)) faults.add(path, nameHint);
  if (typeof options !== 'object' || options === null) {
    faults.add(path, 'must be an object with token and webhookSecrets');
    return false;
  }
  const unknown = Object.keys(options).filter((key) => !accountFields.some((field) => field === key));
  for (const key of unknown)
    faults.add(`${path}.${key}`, `is no option of an account; ${accountFields.join(', ')} are`);
  return true;
}

const nameHint =
  'must have a name of 1 to 64 lower-case letters, digits, dashes and underscores, a letter or digit first';

/** Those of the environment that count: the one that it does not name is there only where the code names none. */
export function accountsReadFrom(
  environment: ExdataEnvironment,
  accounts: ExdataModuleOptions['accounts'] | null,
): ExdataEnvironment['accounts'] {
  return environment.accounts.filter(({ name }) => environment.named || !accounts || name in accounts);
}

function accountsIn(
  environment: ExdataEnvironment | undefined,
  accounts: ExdataModuleOptions['accounts'] | null,
  faults: Faults,
): Map<string, ExdataEnvironment['accounts'][number]> {
  if (!environment) return new Map();
  const wanted = accountsReadFrom(environment, accounts);
  const variable = `EXDATA_${environment.mode.toUpperCase()}_ACCOUNTS`;
  if (environment.named && wanted.length === 0)
    faults.add(variable, 'must name at least one account, as in acme,globex');
  for (const { name } of wanted)
    if (!accountName.test(name)) faults.add(variable, `${JSON.stringify(name)} ${nameHint}`);
  const prefixes = wanted.map(({ prefix }) => prefix);
  if (new Set(prefixes).size < prefixes.length)
    faults.add(variable, 'names two accounts whose variables would be called alike');
  return new Map(wanted.map((account) => [account.name, account]));
}
