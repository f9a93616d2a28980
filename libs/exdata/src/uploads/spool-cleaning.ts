import type { ExdataClock } from '../dispatch/index.js';
import type { DocumentBytes } from './document-bytes.js';
import { orphanAgeMs } from './spool.js';

/** Erases what crashes left in the spool: at start, and as often as more of it may have grown old enough. */
export class SpoolCleaning {
  #cancel = (): void => undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    private readonly bytes: DocumentBytes,
    private readonly clock: ExdataClock,
    private readonly onFault: (error: unknown) => void,
  ) {}

  /** Resolves when the first cleaning has ended; rejects when it fails, since then the spool is out of reach. */
  async start(): Promise<void> {
    await this.bytes.clean();
    this.#later();
  }

  /** Resolves when no cleaning runs any more. Safe to call twice. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#running;
  }

  #later(): void {
    this.#cancel = this.clock.after(orphanAgeMs, () => {
      this.#running = this.bytes
        .clean()
        .catch(this.onFault)
        .then(() => {
          if (!this.#stopped) this.#later();
        });
    });
  }
}
