import { Injectable } from '@nestjs/common';
import { LastTime, WorkService } from '../dispatch/index.js';
import { Inject } from '../injection/index.js';
import { ExdataLog } from '../telemetry/index.js';

/** The work, begun with the knowledge whether the clock was set back while no process ran. */
@Injectable()
export class TimedWork {
  constructor(
    @Inject(LastTime) private readonly lastTime: LastTime,
    @Inject(WorkService) private readonly work: WorkService,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  async start(): Promise<void> {
    const behindMs = await this.lastTime.start();
    if (behindMs > 0) this.log.warn('start.clock_set_back', {}, { behindMs });
    await this.work.start(behindMs > 0);
  }

  async stop(): Promise<void> {
    await this.work.stop();
    await this.lastTime.stop();
  }
}
