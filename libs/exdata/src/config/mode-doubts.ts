import type { ExdataModuleOptions } from './options.js';
import { valueOf } from './variables.js';
import type { Variables } from './variables.js';

/** Where the environment seems to want another mode than the one that the module runs in. */
export function modeDoubts({ mode, environment }: ExdataModuleOptions, variables: Variables): string[] {
  const said = valueOf(variables, 'EXDATA_MODE');
  if (said !== undefined)
    return said === mode ? [] : [`EXDATA_MODE is not '${mode}', which is the mode that the module runs in`];
  const [live] = mode === 'test' ? (environment?.otherTokens ?? []) : [];
  return live === undefined
    ? []
    : [`the module runs in test mode, and ${live} is set; EXDATA_MODE=test says that this is meant`];
}
