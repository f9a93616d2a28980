import { nearestTo } from '../spelling/nearest.js';

/** The kinds of work that the module does; a queue of its own may be given to each. */
export const exdataJobKinds = [
  'upload',
  'delivery',
  'delivery-later',
  'delivery-handler',
  'poll',
  'handler',
  'handler-offer',
  'account',
  'alert',
] as const;
export type ExdataJobKind = (typeof exdataJobKinds)[number];

/**
 * What is given for each kind of work.
 * @param kinds those that something may be given for
 * @throws {Error} for a kind that there is none of, with what may have been meant: work would go on under other limits
 * than were written for it
 */
export function byKind<T>(
  given: Readonly<Partial<Record<ExdataJobKind, T>>>,
  field: string,
  kinds: readonly ExdataJobKind[] = exdataJobKinds,
): [ExdataJobKind, T][] {
  for (const kind of Object.keys(given)) {
    if (kinds.some((known) => known === kind)) continue;
    const meant = nearestTo(kind, kinds);
    throw new Error(
      `${field} names '${kind}'; it may name ${kinds.join(', ')}.${meant === undefined ? '' : ` Did you mean '${meant}'?`}`,
    );
  }
  return kinds.flatMap((kind): [ExdataJobKind, T][] => {
    const own = given[kind];
    return own === undefined ? [] : [[kind, own]];
  });
}
