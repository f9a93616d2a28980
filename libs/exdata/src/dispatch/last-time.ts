import { Injectable } from '@nestjs/common';
import { EXDATA_CLOCK } from './clock.js';
import type { ExdataClock } from './clock.js';
import { ExdataLastTime } from './last-time.entity.js';
import { EXDATA_MODE } from './mode.js';
import type { ExdataMode } from './mode.js';
import { ExdataTransactions } from './transactions.js';
import { Inject } from '../injection/index.js';

/** Time between two writes, in milliseconds. */
const everyMs = 60_000;
/** How far the clocks of two machines may be apart, of which none was set back, in milliseconds. */
const apartMs = 60_000;

/** Keeps what time it is, so that a process that starts finds out whether the clock was set back while none ran. */
@Injectable()
export class LastTime {
  #cancel = (): void => undefined;
  #writing: Promise<void> = Promise.resolve();
  #stopped = false;

  constructor(
    @Inject(ExdataTransactions) private readonly transactions: ExdataTransactions,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(EXDATA_MODE) private readonly mode: ExdataMode,
  ) {}

  /**
   * Resolves to how far the clock is behind the time that it last was, in milliseconds; 0 where that may be the
   * difference between two machines. A time that is behind is written a minute later, so that a process which ends
   * before its first sweep leaves it to the next.
   */
  async start(): Promise<number> {
    const now = this.clock.now();
    const last = await this.transactions.once((manager) => manager.findOneBy(ExdataLastTime, { id: this.mode }));
    const behindMs = last === null ? 0 : last.at - now;
    this.#writeLater();
    if (behindMs > apartMs) return behindMs;
    await this.#write();
    return 0;
  }

  /** Resolves when no write is under way any more. Safe to call twice. */
  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel();
    await this.#writing;
  }

  #writeLater(): void {
    if (this.#stopped) return;
    this.#cancel = this.clock.after(everyMs, () => {
      // A database that fails now is told of by whoever works; the time is written again in a minute.
      this.#writing = this.transactions
        .detached(() => this.#write())
        .catch(() => undefined)
        .then(() => this.#writeLater());
    });
  }

  #write(): Promise<void> {
    const row = { id: this.mode, at: this.clock.now() };
    return this.transactions.run(async (manager) => {
      const { affected } = await manager.update(ExdataLastTime, { id: this.mode }, { at: row.at });
      if (affected !== 1) await this.transactions.insertUnlessThere(manager, ExdataLastTime, row);
    });
  }
}
