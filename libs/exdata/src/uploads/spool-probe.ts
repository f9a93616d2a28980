import { Injectable } from '@nestjs/common';
import type { ExdataClock } from '../dispatch/index.js';
import { EXDATA_CLOCK, FaultBook, hasPassed } from '../dispatch/index.js';
import { ExdataLog } from '../telemetry/index.js';
import { spoolFaultOf } from './spool-fault.js';
import { EXDATA_SPOOL } from './spool.js';
import type { ExdataSpool } from './spool.js';
import { Inject } from '../injection/index.js';

/** How long an answer counts, in milliseconds: probes come every few seconds, from several sides. */
const soundMs = 10_000;
const faultyMs = 2_000;

/** Finds out whether the spool can be written, for readiness: once in a while, however often it is asked. */
@Injectable()
export class SpoolProbe {
  #last: Promise<boolean> | undefined;
  #endedAt: number | null = null;
  #isSound = true;

  constructor(
    @Inject(EXDATA_SPOOL) private readonly spool: ExdataSpool,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(FaultBook) private readonly faults: FaultBook,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /** Never rejects. A spool that has no `check`, such as the one in the database, is sound. */
  isWritable(): Promise<boolean> {
    const counts =
      this.#endedAt === null || !hasPassed(this.#isSound ? soundMs : faultyMs, this.#endedAt, this.clock.now());
    if (!this.#last || !counts) {
      this.#endedAt = null;
      this.#last = this.#look().finally(() => (this.#endedAt = this.clock.now()));
    }
    return this.#last;
  }

  async #look(): Promise<boolean> {
    try {
      await this.spool.check?.();
      // What only an upload has seen, such as a disk with no room for large files, is over when an upload says so.
      if (!this.#isSound) this.faults.over('spool');
      this.#isSound = true;
    } catch (error) {
      this.#isSound = false;
      const { code, why } = spoolFaultOf(error);
      this.faults.note('spool', (count) => this.log.error('spool.failed', {}, { code, why, count }));
    }
    return this.#isSound;
  }
}
