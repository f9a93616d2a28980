import { Injectable } from '@nestjs/common';
import { EXDATA_DISPATCHER } from './dispatcher.js';
import type { ExdataDispatcher } from './dispatcher.js';
import type { ExdataJobRef } from './job.js';
import { WorkWatch } from './work-watch.js';
import { Inject } from '../injection/index.js';

/** Asks the dispatcher for rows to be worked on soon. Never rejects: the sweeper repeats what is lost here. */
@Injectable()
export class Waker {
  constructor(
    @Inject(EXDATA_DISPATCHER) private readonly dispatcher: ExdataDispatcher,
    @Inject(WorkWatch) private readonly watch: WorkWatch,
  ) {}

  async dispatch(ref: ExdataJobRef): Promise<void> {
    try {
      await this.dispatcher.dispatch(ref);
    } catch (error) {
      this.watch.failed({ ref, error });
    }
  }

  async dispatchAll(refs: readonly ExdataJobRef[]): Promise<void> {
    await Promise.all(refs.map((ref) => this.dispatch(ref)));
  }
}
