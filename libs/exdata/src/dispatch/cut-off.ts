/**
 * Waits for `work` until `cut` aborts, whether or not the work heeds any signal; what it does afterwards is nobody's
 * concern.
 * @throws the signal's reason where it aborts first
 */
export async function cutOff<T>(cut: AbortSignal, work: () => Promise<T>): Promise<T> {
  cut.throwIfAborted();
  let stop = (): void => undefined;
  const over = new Promise<never>((_, reject) => {
    stop = () => reject(cut.reason as Error);
    cut.addEventListener('abort', stop, { once: true });
  });
  try {
    // What the host wrote may return at once and throw at once.
    return await Promise.race([Promise.resolve().then(work), over]);
  } finally {
    cut.removeEventListener('abort', stop);
  }
}
