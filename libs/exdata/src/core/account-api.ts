import type { FactoryProvider, InjectionToken } from '@nestjs/common';
import { ModulesContainer } from '@nestjs/core';
import { ExdataApi, ExdataConfigurationError } from '../api/index.js';
import type { ExdataAccounts } from '../documents/index.js';
import { hostInject, token } from '../injection/index.js';
import type { SymbolToken, Token } from '../injection/index.js';
import { injectorsOf } from './importers.js';

/** Called for each account whose client is asked for, once: Nest has to know of a provider before it starts. */
type OnAsked = (account: string, itsToken: SymbolToken<ExdataApi>) => void;

const asked = new Map<string, SymbolToken<ExdataApi>>();
const listeners: OnAsked[] = [];

/**
 * What {@link ExdataApi} of the account is injected by: the class itself for the main account, which is the one called
 * `default` or the first. Ask for it before the application starts, as in a decorator or in the `inject` of a
 * factory; in a module that is loaded lazily `ExdataAccounts.get(account).api` is the same client.
 */
export function getExdataApiToken(account?: string): InjectionToken<ExdataApi> {
  if (account === undefined) return ExdataApi;
  const known = asked.get(account);
  if (known) return known;
  const itsToken = token<ExdataApi>(`api:${account}`);
  asked.set(account, itsToken);
  for (const tell of listeners) tell(account, itsToken);
  return itsToken;
}

/**
 * Injects the {@link ExdataApi} of the account, of the main one where it is left out. The start fails with the names of
 * the accounts where there is none of that name.
 */
export function InjectExdataApi(account?: string): PropertyDecorator & ParameterDecorator {
  return hostInject(getExdataApiToken(account));
}

/** Calls `tell` for each account that is asked for, those asked for before it too. */
export function onAccountAsked(tell: OnAsked): void {
  for (const [account, itsToken] of asked) tell(account, itsToken);
  listeners.push(tell);
}

/**
 * The client of one account. Another application of the process may have asked for an account that this one does not
 * have: that is a fault only where this one injects it.
 * @param accounts what the configured ones are found by
 */
export function accountApi(
  account: string,
  itsToken: SymbolToken<ExdataApi>,
  accounts: Token<ExdataAccounts>,
): FactoryProvider {
  return {
    provide: itsToken,
    inject: [{ token: accounts, optional: true }, ModulesContainer],
    useFactory: (configured: ExdataAccounts | undefined, container: ModulesContainer) => {
      const found = configured?.find(account);
      if (found) return found.api;
      const injectors = injectorsOf(itsToken, container);
      if (injectors.length === 0 || !configured) return undefined;
      throw new ExdataConfigurationError(
        `${injectors.join(', ')} injects the client of the account '${account}', which is not configured; ` +
          `there is ${configured.names.join(', ')}`,
      );
    },
  };
}
