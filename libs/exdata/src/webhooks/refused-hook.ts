import { HttpException } from '@nestjs/common';
import type { ExdataClock } from '../dispatch/index.js';

/** How long a refused sender waits for what the host does beside, in milliseconds. */
const patienceMs = 2_000;

/**
 * Calls what a host does with a refusal, and takes an HttpException that it throws for the answer. Whatever else it
 * throws, or that it does not end in time, is told to `failed` as a name, and no sender's concern. Never rejects.
 */
export async function answerOfHook(
  hook: () => void | Promise<void>,
  clock: ExdataClock,
  failed: (fault: string) => void,
): Promise<HttpException | null> {
  let cancel: () => void = () => undefined;
  try {
    const called = hook();
    if (!called) return null;
    const late = new Promise<'late'>((resolve) => (cancel = clock.after(patienceMs, () => resolve('late'))));
    if ((await Promise.race([called, late])) === 'late') failed('late');
  } catch (error) {
    if (error instanceof HttpException) return error;
    failed(nameOf(error));
  } finally {
    cancel();
  }
  return null;
}

/** The words of an error are not told: nobody knows what they hold. */
function nameOf(error: unknown): string {
  const name = error instanceof Error ? error.name : '';
  return /^\w{1,64}$/.test(name) ? name : 'unknown';
}
