import { Injectable } from '@nestjs/common';
import type { EntityManager } from 'typeorm';
import { Births } from './births.js';
import { EXDATA_CLOCK } from './clock.js';
import type { ExdataClock } from './clock.js';
import { ExdataTransactions } from './transactions.js';
import { Waker } from './waker.js';
import { Write } from './write.js';
import { Inject } from '../injection/index.js';

type Work<T> = (write: Write) => Promise<T>;

/** Runs the module's writes: each in one transaction, and what it woke is dispatched after its commit. */
@Injectable()
export class Writes {
  constructor(
    @Inject(ExdataTransactions) private readonly transactions: ExdataTransactions,
    @Inject(Waker) private readonly waker: Waker,
    @Inject(EXDATA_CLOCK) private readonly clock: ExdataClock,
    @Inject(Births) private readonly births: Births,
  ) {}

  /**
   * Runs `work` as {@link ExdataTransactions.run} does, with a fresh {@link Write} each time that it runs. Resolves
   * once what it woke is handed to the dispatcher; inside another transaction on SQLite that happens later, once the
   * outer one is committed.
   */
  run<T>(work: Work<T>): Promise<T> {
    return this.#commit(work, (inner) => this.transactions.run(inner));
  }

  /** See {@link ExdataTransactions.once}. */
  once<T>(statement: (manager: EntityManager) => Promise<T>): Promise<T> {
    return this.transactions.once(statement);
  }

  /** See {@link ExdataTransactions.isTwin}. */
  isTwin(error: unknown): boolean {
    return this.transactions.isTwin(error);
  }

  /** As {@link run}, for work that may heed no signal: see {@link ExdataTransactions.runUntil}. */
  runUntil<T>(cut: AbortSignal, work: Work<T>): Promise<T> {
    return this.#commit(work, (inner) => this.transactions.runUntil(cut, inner));
  }

  /** See {@link ExdataTransactions.detached}. */
  detached<T>(work: () => T): T {
    return this.transactions.detached(work);
  }

  async #commit<T>(
    work: Work<T>,
    transaction: (inner: (manager: EntityManager) => Promise<T>) => Promise<T>,
  ): Promise<T> {
    const dispatched: Promise<void>[] = [];
    let last: Write | undefined;
    try {
      const result = await transaction(async (manager) => {
        last?.end();
        const write = (last = new Write(this.transactions, this.births, manager, this.clock.now()));
        const done = await work(write);
        write.afterCommit(() => dispatched.push(this.waker.dispatchAll(write.committed())));
        return done;
      });
      await Promise.all(dispatched);
      return result;
    } finally {
      last?.end();
    }
  }
}
