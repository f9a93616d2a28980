/** Told of bytes as they are taken for sending. */
export type OnProgress = (sentBytes: number, totalBytes: number) => void;

const leastMs = 100;

/** Passes on only what is worth a call: 1 % more, 100 ms later, or the end. */
export function throttled(onProgress: OnProgress, now: () => number): OnProgress {
  let lastBytes = 0;
  let lastAt = now();
  return (sentBytes, totalBytes) => {
    const at = now();
    if (sentBytes < totalBytes && sentBytes - lastBytes < totalBytes / 100 && at - lastAt < leastMs) return;
    lastBytes = sentBytes;
    lastAt = at;
    onProgress(sentBytes, totalBytes);
  };
}
