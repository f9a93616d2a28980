import { setImmediate } from 'node:timers/promises';

/** So many small documents take some milliseconds. */
const partSize = 100;

/** Does it with each item in turn, and lets others have theirs in between: an answer may hold many thousands. */
export async function inParts<T>(items: readonly T[], act: (item: T) => void): Promise<void> {
  for (let at = 0; at < items.length; at += partSize) {
    if (at > 0) await setImmediate();
    items.slice(at, at + partSize).forEach(act);
  }
}
