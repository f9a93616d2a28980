import type { OptionalFactoryDependency } from '@nestjs/common';
import { EXDATA_KNOWN_MODE } from './mode.module.js';
import type { KnownMode } from './mode.module.js';

/** Injects what {@link queueNameIn} goes by. */
export const knownMode: OptionalFactoryDependency = { token: EXDATA_KNOWN_MODE, optional: true };

/**
 * Processes of the two modes on one Redis have queues of their own: a job taken by one that does not know its row would
 * be lost until the next sweep.
 */
export async function queueNameIn(known: KnownMode | undefined, name: string): Promise<string> {
  return known ? `${name}-${await known.value}` : name;
}
