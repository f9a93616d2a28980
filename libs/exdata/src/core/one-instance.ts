import { ModulesContainer } from '@nestjs/core';
import { ExdataConfigurationError } from '../api/index.js';
import { provide, token } from '../injection/index.js';
import { coresIn, importersOf } from './importers.js';

/**
 * Refuses the start of an application that has several of the module: each would work the rows of all of them. The same
 * object imported in several places is one.
 */
export const oneInstance = provide(token<boolean>('one-instance'), [ModulesContainer], (container) => {
  const cores = coresIn(container);
  if (cores.length > 1)
    throw new ExdataConfigurationError(refusalOf(cores.map((core) => importersOf(core, container))));
  return true;
});

function refusalOf(importers: readonly (readonly string[])[]): string {
  const places = importers.map((names) => names.join(' and ') || 'the application itself');
  return (
    `ExdataModule is registered ${String(places.length)} times in this application: by ${places.join('; by ')}. ` +
    'Each would work the rows of all of them. Register it once; modules that use it import ExdataModule by its name alone. ' +
    'Several accounts at exdata go into its `accounts`, and test and live mode are applications of their own'
  );
}
