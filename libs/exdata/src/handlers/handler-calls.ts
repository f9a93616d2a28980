import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import type { Attempt, Write } from '../dispatch/index.js';
import { FaultBook, Writes } from '../dispatch/index.js';
import type { LifeIds } from '../telemetry/index.js';
import { ExdataLog } from '../telemetry/index.js';
import type { HandlerCall } from './handler-subject.js';
import { Inject } from '../injection/index.js';

/** One call of a handler of the host. */
interface RunCall extends HandlerCall {
  readonly handler: string;
  readonly ids: LifeIds;
  /** Writes that it is done, in the handler's transaction. */
  readonly finish: (write: Write) => Promise<void>;
}

/**
 * Calls handlers of the host: outside any request, in a transaction that holds their writes together with "done". The
 * log says what came of it.
 */
@Injectable()
export class HandlerCalls {
  readonly #thrown = new WeakSet<Error>();

  constructor(
    @Inject(Writes) private readonly writes: Writes,
    @Inject(FaultBook) private readonly faults: FaultBook,
    @Inject(ExdataLog) private readonly log: ExdataLog,
  ) {}

  /**
   * Resolves once handler and "done" are committed. A handler whose time is up is cut off, also where it heeds no
   * signal: nothing of it is kept.
   * @throws {Error} what the handler threw, or the reason why it was cut off
   */
  async run({ cut }: Pick<Attempt, 'cut'>, { handler, ids, call, fields, finish }: RunCall): Promise<void> {
    try {
      await this.writes.runUntil(cut, async (write) => {
        await this.#call(write.manager, call);
        await finish(write);
      });
      this.faults.over('handler', handler);
    } catch (error) {
      // What the handler throws is its own affair; the line says where to look, not what was said.
      const name = error instanceof Error ? error.name : 'unknown';
      if (this.threw(error) || cut.aborted)
        this.faults.note(
          'handler',
          (count) => this.log.warn('handler.failed', ids, { handler, error: name, count }),
          handler,
        );
      throw error;
    }
    this.log.info('handler.done', ids, { handler, ...fields });
  }

  /** Says that a run was given up. */
  tellDead(handler: string, ids: LifeIds, fields: HandlerCall['fields']): void {
    const tell = (count: number): void => this.log.error('handler.dead', ids, { handler, ...fields, count });
    this.faults.noteEach('dead_handler', tell, handler);
  }

  /** Whether an error of {@link run} came out of a handler. */
  threw(error: unknown): boolean {
    return error instanceof Error && this.#thrown.has(error);
  }

  async #call(manager: EntityManager, call: HandlerCall['call']): Promise<void> {
    try {
      await call(manager);
    } catch (thrown) {
      const error = thrown instanceof Error ? thrown : new Error(String(thrown));
      this.#thrown.add(error);
      throw error;
    }
  }
}
