import { setTimeout as pause } from 'node:timers/promises';

/** Between two looks, in milliseconds. Whoever looks without a pause takes the processor from what is looked for. */
const pauseMs = { first: 5, longest: 50 };

/**
 * For what waits with a limit of its own, in milliseconds: a little less than the time of a test (jest.config.mjs), so
 * that it says what it waited for.
 */
export const patienceMs = 280_000;

/** Waits of the tests that go on. On the global object, since Jest's set-up file has modules of its own. */
const waits = ((globalThis as { exdataWaits?: Map<object, Error> }).exdataWaits ??= new Map());

/**
 * Resolves once `holds` does; looks again and again.
 * @throws {Error} that says what was waited for, when the test's own time is up: {@link giveUpWaits}
 */
export async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const wait = {};
  // Made here, so that it names the line that waits.
  const inVain = new Error(`waited in vain for ${String(holds)}`);
  waits.set(wait, inVain);
  // A look that fails leaves its wait to be told: it may fail because the test's time is up, and its host is gone.
  const began = performance.now();
  for (let looked = began; !(await holds()); looked = performance.now()) {
    if (!waits.has(wait)) throw inVain;
    await pause(pauseAfter(performance.now() - looked, performance.now() - began));
  }
  waits.delete(wait);
}

/** Ends all waits that go on, and gives what they were for. */
export function giveUpWaits(): readonly Error[] {
  const left = [...waits.values()];
  waits.clear();
  return left;
}

/** As long as the look took, and longer the longer there is nothing to see: a busy machine is not made busier. */
function pauseAfter(lookMs: number, waitedMs: number): number {
  return Math.min(pauseMs.longest, Math.max(pauseMs.first, lookMs, waitedMs / 20));
}
