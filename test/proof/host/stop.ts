import process from 'node:process';

/** Tells the test where the process stands, and goes no further. */
export async function stop(at: string): Promise<never> {
  process.send?.({ at });
  return new Promise(() => undefined);
}
