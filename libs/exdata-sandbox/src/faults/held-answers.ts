import type { Socket } from 'node:net';
import type { SandboxClock } from '../clock/clock.js';

/** Answers that a fault keeps back. */
export class HeldAnswers {
  private readonly held = new Set<() => void>();

  constructor(private readonly clock: SandboxClock) {}

  /** Waits so many milliseconds, or until {@link release}; not longer than the client does. */
  wait(ms: number | 'forever', client: Socket): Promise<void> {
    return new Promise((resolve) => {
      const go = (): void => {
        cancel?.();
        client.off('close', go);
        this.held.delete(go);
        resolve();
      };
      const cancel = ms === 'forever' ? undefined : this.clock.setTimeout(go, ms);
      client.once('close', go);
      this.held.add(go);
      if (client.destroyed) go();
    });
  }

  /** Lets all of them go now. @returns how many there were */
  release(): number {
    const waiting = [...this.held];
    for (const go of waiting) go();
    return waiting.length;
  }
}
