import type { Readable } from 'node:stream';
import type { Clock } from '../dispatch/index.js';

export interface BodyLimits {
  readonly maxBodyBytes: number;
  /** For the whole body, in milliseconds. */
  readonly bodyTimeoutMs: number;
}

/** The bytes as they came, or why they were not taken; null when the sender hung up, so that nobody is left to be answered. */
export type BodyRead = Buffer | 'too_large' | 'too_slow' | null;

/** A sender that is cut off in mid-flight rarely reads the answer. So much more is read and thrown away first, in bytes. */
const courtesyBytes = 8 * 1024 * 1024;

/** Reads a body that nobody has read yet to its end. Never holds more than the limit, never waits longer than the time given. */
export function readBody(stream: Readable, { maxBodyBytes, bodyTimeoutMs }: BodyLimits, clock: Clock): Promise<BodyRead> {
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let size = 0;
    const end = (read: BodyRead): void => {
      cancelTimeout();
      stream.off('data', onData).off('end', onEnd).off('close', onClose);
      if (!stream.readableEnded) stream.pause();
      resolve(read);
    };
    const onData = (chunk: Buffer): void => {
      size += chunk.length;
      if (size <= maxBodyBytes) chunks.push(chunk);
      else chunks = [];
      if (size > maxBodyBytes + courtesyBytes) end('too_large');
    };
    const onEnd = (): void => end(size > maxBodyBytes ? 'too_large' : Buffer.concat(chunks, size));
    const onClose = (): void => end(null);
    const cancelTimeout = clock.after(bodyTimeoutMs, () => end(size > maxBodyBytes ? 'too_large' : 'too_slow'));
    // Stays on: an error that nobody listens to would end the process.
    stream.on('error', onClose);
    stream.on('close', onClose).on('end', onEnd).on('data', onData);
  });
}
