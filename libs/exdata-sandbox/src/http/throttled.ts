import { Readable } from 'node:stream';
import type { SandboxClock } from '../clock/clock.js';

/** Passes on no more than so many bytes a second of the clock; what is not asked for stays with the sender. */
export function throttled(source: Readable, bytesPerSecond: number, clock: SandboxClock): Readable {
  return Readable.from(slowly(source, bytesPerSecond, clock), { objectMode: false });
}

async function* slowly(
  source: AsyncIterable<Buffer>,
  bytesPerSecond: number,
  clock: SandboxClock,
): AsyncGenerator<Buffer> {
  const size = dropBytes(bytesPerSecond);
  for await (const chunk of source) {
    for (let at = 0; at < chunk.length; at += size) {
      const drop = chunk.subarray(at, at + size);
      await new Promise<void>((resolve) => void clock.setTimeout(resolve, (drop.length / bytesPerSecond) * 1000));
      yield drop;
    }
  }
}

/** What comes in a tenth of a second, in whole bytes. */
export function dropBytes(bytesPerSecond: number): number {
  return Math.max(1, Math.floor(bytesPerSecond / 10));
}
