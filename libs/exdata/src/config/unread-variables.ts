import { isSlipOf, nearestTo } from '../spelling/nearest.js';
import { accountFields, variableOf } from './account-fields.js';
import type { ExdataEnvironment } from './environment.js';
import type { ExdataModuleOptions } from './options.js';
import { valueOf } from './variables.js';
import type { Variables } from './variables.js';

/** What an account's variables end with. */
const endings = ['TOKEN_FILE', 'TOKEN', 'WEBHOOK_SECRETS_FILE', 'WEBHOOK_SECRETS', 'BASE_URL', 'OWNER'] as const;

/**
 * What Kubernetes puts into a pod's environment for a service that is called like ours (Kubernetes docs: Environment
 * variables).
 */
const ofAService = /_(SERVICE_(HOST|PORT)(_\w+)?|PORT(_\d+_(TCP|UDP|SCTP)(_(PROTO|PORT|ADDR))?)?)$/;

/**
 * The variables that were meant for the module's mode and are read by nobody, each with the names that would be read.
 * What was meant to hold would not: an address that nobody reads sends documents to another one.
 * @param prefixes of the accounts that are read from the environment
 */
export function unreadVariables(
  options: ExdataModuleOptions & { readonly environment: ExdataEnvironment },
  prefixes: readonly string[],
  variables: Variables,
): (readonly [variable: string, fault: string])[] {
  const prefix = `EXDATA_${options.environment.mode.toUpperCase()}`;
  const list = `${prefix}_ACCOUNTS`;
  const read = new Set([
    list,
    ...prefixes.flatMap((account) => endings.map((ending) => `${account}_${ending}`)),
    ...namedIn(options),
  ]);
  const known = { prefix, list, prefixes, read };
  return Object.keys(variables).flatMap((name) => {
    if (read.has(name) || ofAService.test(name) || valueOf(variables, name) === undefined) return [];
    const meant = meantBy(name, known, options);
    return meant === undefined
      ? []
      : [[name, `is set, and nobody reads it; ${whatIsRead(name, meant, known)}`] as const];
  });
}

/**
 * The variable of the mode that one seems to be meant for, as far as it is; undefined for all that is none of the
 * mode's.
 */
function meantBy(name: string, { prefix, read, list }: Known, options: ExdataModuleOptions): string | undefined {
  if (name.startsWith(`${prefix}_`)) return name;
  const [ours, word = '', ...others] = name.split('_');
  if (ours !== 'EXDATA') return undefined;
  const rest = others.join('_');
  const joined = [...read].find((each) => each.replaceAll('_', '') === name.replaceAll('_', ''));
  if (joined !== undefined) return joined;
  const isOfAccounts = rest === 'ACCOUNTS' || endings.some((ending) => rest === ending || rest.endsWith(`_${ending}`));
  if (isSlipOf(word, prefix.slice('EXDATA_'.length)) && isOfAccounts) return `${prefix}_${rest}`;
  const withMode = `${prefix}_${[word, ...others].join('_')}`;
  const isModeless =
    read.has(withMode) || withMode === list || endings.some((ending) => withMode === `${prefix}_${ending}`);
  // A host may read its own variable in code, and give the option what it holds.
  return isModeless && !isGivenInCode(withMode, options) ? withMode : undefined;
}

function isGivenInCode(variable: string, { accounts, ...top }: ExdataModuleOptions): boolean {
  if (variable.endsWith('_ACCOUNTS')) return accounts !== undefined;
  const places = [top, ...Object.values(accounts ?? {})];
  const fields = accountFields.filter((field) =>
    [variableOf[field], `${variableOf[field]}_FILE`].some((ending) => variable.endsWith(ending)),
  );
  return fields.some((field) => places.some((place) => place[field] !== undefined));
}

interface Known {
  readonly prefix: string;
  readonly list: string;
  readonly prefixes: readonly string[];
  readonly read: ReadonlySet<string>;
}

/** @param name the name as it would be in this mode */
function whatIsRead(given: string, name: string, { prefix, list, prefixes, read }: Known): string {
  if (given !== name && read.has(name)) return `did you mean ${name}?`;
  const ending = endings.find((each) => name.endsWith(`_${each}`));
  if (ending === undefined) {
    const near = nearestTo(
      name.slice(prefix.length),
      [...read].map((each) => each.slice(prefix.length)),
    );
    return near === undefined ? `of this mode are read: ${[...read].join(', ')}` : `did you mean ${prefix}${near}?`;
  }
  const account = name.slice(0, -ending.length - 1);
  const slipOf = nearestTo(
    account.slice(prefix.length),
    prefixes.map((each) => each.slice(prefix.length)),
  );
  if (slipOf !== undefined) return `did you mean ${prefix}${slipOf}_${ending}?`;
  const others = prefixes.map((each) => `${each}_${ending}`);
  const also = account === prefix ? `${list} may name an account called default` : `${list} does not name its account`;
  return others.length === 0 ? also : `${others.join(' and ')} ${others.length === 1 ? 'is' : 'are'} read; ${also}`;
}

/** The variables that sources in the options name. */
function namedIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  if ('from' in value && value.from === 'environment' && 'name' in value && typeof value.name === 'string')
    return [value.name, `${value.name}_FILE`];
  return Object.values(value).flatMap(namedIn);
}
