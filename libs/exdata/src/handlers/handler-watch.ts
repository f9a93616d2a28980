import { Injectable } from '@nestjs/common';
import type { ExdataClock } from '../dispatch/index.js';
import { EXDATA_CLOCK, Writes } from '../dispatch/index.js';
import { ExdataLog } from '../telemetry/index.js';
import { AbsentHandlers } from './absent-handlers.js';
import { RegisteredHandlers } from './registered-handlers.js';
import { Inject } from '../injection/index.js';

/** Time between two looks, in milliseconds. */
const lookEveryMs = 60_000;

/**
 * Says once a minute that this process has its handlers, and looks for those that no process has any more: every
 * process does, also one that has none.
 */
@Injectable()
export class HandlerWatch {
  #cancel = (): void => undefined;
  #looking: Promise<void> = Promise.resolve();
  #isStopped = false;

  constructor(
    @Inject(RegisteredHandlers) private readonly registered: RegisteredHandlers,
    @Inject(AbsentHandlers) private readonly absent: AbsentHandlers,
    @Inject(Writes) private readonly writes: Writes,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /** Registers the handlers of this process; resolves when all others can know of them. */
  async start(): Promise<void> {
    await this.registered.register();
    await this.absent.wakeReturned(await this.registered.read());
    this.#lookLater();
  }

  /** Resolves when no look is under way any more. Safe to call twice. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#cancel();
    await this.#looking;
  }

  #lookLater(): void {
    if (this.#isStopped) return;
    this.#cancel = this.clock.after(lookEveryMs, () => {
      this.#looking = this.writes.detached(async () => {
        await this.look();
        this.#lookLater();
      });
    });
  }

  /** One look. Never rejects. */
  async look(): Promise<void> {
    try {
      await this.registered.seen();
      await this.absent.look();
    } catch (error) {
      this.log.warn('handlers.not_watched', {}, { error: error instanceof Error ? error.name : 'unknown' });
    }
  }
}
