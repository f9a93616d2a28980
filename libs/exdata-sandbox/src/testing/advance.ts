import { setImmediate as nextTurn } from 'node:timers/promises';
import type { VirtualClock } from '../index.js';

/**
 * Moves the clock on by steps, giving real connections a turn between them, until `done` is. @returns how far, in
 * milliseconds
 */
export async function advanceUntil(clock: VirtualClock, done: Promise<unknown>, stepMs: number): Promise<number> {
  const start = clock.now();
  const over = new AbortController();
  const finish = (): void => over.abort();
  done.then(finish, finish);
  while (!over.signal.aborted) {
    if (clock.pending > 0) await clock.advance(stepMs);
    await nextTurn();
  }
  return clock.now() - start;
}
