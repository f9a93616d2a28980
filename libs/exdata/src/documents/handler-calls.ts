import type { EntityManager } from 'typeorm';
import type { Claim, ExdataTransactions } from '../dispatch/index.js';
import type { ExdataLog, LifeIds } from '../telemetry/index.js';

/** One call of a handler of the host. */
export interface HandlerCall {
  readonly handler: string;
  readonly ids: LifeIds;
  readonly call: (manager: EntityManager) => Promise<void> | void;
  /** Writes that it is done, in the handler's transaction. */
  readonly finish: (manager: EntityManager) => Promise<void>;
}

/** Calls handlers of the host: outside any request, in a transaction that holds their writes together with "done". */
export class HandlerCalls {
  readonly #thrown = new WeakSet<Error>();

  constructor(
    private readonly transactions: ExdataTransactions,
    private readonly log: ExdataLog,
  ) {}

  /**
   * Resolves once handler and "done" are committed. A handler whose time is up is cut off, also where it heeds no signal: nothing of it is kept.
   * @throws {Error} what the handler threw, or the reason why it was cut off
   */
  async run(claim: Claim, { handler, ids, call, finish }: HandlerCall): Promise<void> {
    try {
      await this.transactions.runUntil(claim.cut, async (manager) => {
        await this.#call(manager, call);
        await finish(manager);
      });
    } catch (error) {
      // What the handler throws is its own affair; the line says where to look, not what was said.
      if (this.threw(error) || claim.cut.aborted)
        this.log.warn('handler.failed', ids, { handler, error: error instanceof Error ? error.name : 'unknown' });
      throw error;
    }
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
